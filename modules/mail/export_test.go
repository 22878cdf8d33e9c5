package mail

import "context"

// Take takes a letter as a server does that dies right afterwards.
func Take(ctx context.Context, p *Post, id string) error {
	r, err := findLetter(ctx, p.db, id)
	if err != nil {
		return err
	}
	_, err = p.take(ctx, r)
	return err
}

// NoteSent notes that the try n was taken, as a server does that comes back late.
func NoteSent(ctx context.Context, p *Post, id string, n int64) error {
	r, err := findLetter(ctx, p.db, id)
	if err != nil {
		return err
	}
	return p.note(ctx, r, n, result{outcome: sent, code: 250})
}

// TakeAgain takes a letter without having looked whether it is free, as one of two servers does that look at the same moment.
func TakeAgain(ctx context.Context, p *Post, id string) (int64, error) {
	r, err := findLetter(ctx, p.db, id)
	if err != nil {
		return 0, err
	}
	return p.take(ctx, r)
}
