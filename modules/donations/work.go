package donations

import "care/server/queue"

// daily is the work by the clock: promises without money end in the small hours, campaigns after their last day.
func (s *Gifts) daily() []queue.Daily {
	return []queue.Daily{{Kind: "donations.expire", At: "02:20", Do: s.Expire}, {Kind: "donations.over", At: "00:05", Do: s.EndOver}}
}
