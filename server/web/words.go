package web

// How dates are written, as layouts for time.Format.
const (
	layoutDate  = "2006年1月2日"
	layoutStamp = "1月2日 15:04"
)
