package intake

import "time"

// longWork is how long one batch may be worked: a hundred thousand orders take some minutes.
const longWork = 30 * time.Minute
