package channels

import (
	"context"
	"encoding/json"
	"errors"
)

// Work does at once what the queue would do: books what is stored and sends the refunds that were asked for.
func (s *Channels) Work(ctx context.Context) error {
	if err := s.sweep(ctx); err != nil {
		return err
	}
	var ids []string
	if err := s.db.NewSelect().Table("channels_refunds").Column("id").Where("state = 'asked'").Scan(ctx, &ids); err != nil {
		return err
	}
	var errs []error
	for _, id := range ids {
		b, err := json.Marshal(id)
		errs = append(errs, err, s.refundWork(ctx, b))
	}
	return errors.Join(errs...)
}
