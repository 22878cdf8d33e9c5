package goods

import (
	"math/rand/v2"
	"testing"

	"care/server/money"
)

func TestQuantitiesAreReadAndWrittenAlike(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in    string
		scale int64
		n     int64
		out   string
	}{{"12", 0, 12, "12"}, {"1,200", 0, 1200, "1200"}, {"0.5", 3, 500, "0.5"}, {"10", 3, 10000, "10"}, {"2.05", 2, 205, "2.05"}, {"0", 0, 0, "0"}, {"0", 3, 0, "0"}, {"100", 0, 100, "100"}} {
		n, ok := ParseQty(c.in, c.scale)
		if !ok || n != c.n || FormatQty(n, c.scale) != c.out {
			t.Errorf("%s is read as %d, %v, written %s", c.in, n, ok, FormatQty(n, c.scale))
		}
	}
	for _, bad := range []string{"1.5", "-1", "", " ", "+1", "1e3", "9999999999999"} {
		if n, ok := ParseQty(bad, 0); ok {
			t.Errorf("%q is read as %d", bad, n)
		}
	}
}

func TestSharesOfAValueSumToTheValue(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		value, qty := money.Fen(r.Int64N(int64(money.Max))), 1+r.Int64N(maxQty)
		left, sum := value, money.Fen(0)
		for qty > 0 {
			take := min(qty, 1+r.Int64N(qty))
			x := share(left, take, qty)
			if x < 0 || x > left {
				t.Fatalf("share of %d is %d", left, x)
			}
			left, qty, sum = left-x, qty-take, sum+x
		}
		if left != 0 || sum != value {
			t.Fatalf("%d of %d are left", left, value)
		}
	}
}
