package donations

import (
	"strings"
	"testing"

	"care/server/clock"
	"care/server/fault"
	"care/server/money"
)

const today clock.Day = "2026-11-25"

// latin has the letters of fonts that lack one rare character.
type latin struct{}

// Missing says that one character cannot be printed.
func (latin) Missing(s string) []rune {
	if strings.ContainsRune(s, '\U0003106c') {
		return []rune{'\U0003106c'}
	}
	return nil
}

func TestAPledgeNamesEveryMistakeAtOnce(t *testing.T) {
	t.Parallel()
	ok := Pledge{Donor: Person, Shown: Masked, Name: "张建明", Amount: 100, Phone: "13808741234", Agree: true}
	for _, c := range []struct {
		name   string
		change func(p *Pledge)
		want   string // field=code, in order
	}{
		{"as it should be", func(*Pledge) {}, ""},
		{"one character", func(p *Pledge) { p.Name = "张" }, ""},
		{"fifty characters", func(p *Pledge) { p.Name = strings.Repeat("张", 50) }, ""},
		{"fifty-one characters", func(p *Pledge) { p.Name = strings.Repeat("张", 51) }, "name=donations.name"},
		{"no name", func(p *Pledge) { p.Name = " " }, "name=donations.name"},
		{"a name outside of the BMP", func(p *Pledge) { p.Name = "钱𬱖𠮷" }, ""},
		{"a middle dot", func(p *Pledge) { p.Name = "买买提·艾合买提" }, ""},
		{"a character that no font has", func(p *Pledge) { p.Name = "张\U0003106c" }, "name=donations.rare"},
		{"a tag", func(p *Pledge) { p.Name = "<b>张" }, "name=donations.name"},
		{"digits only", func(p *Pledge) { p.Name = "123" }, "name=donations.name"},
		{"nothing", func(p *Pledge) { p.Amount = 0 }, "amount=donations.amount"},
		{"less than nothing", func(p *Pledge) { p.Amount = -5 }, "amount=donations.amount"},
		{"the most", func(p *Pledge) { p.Amount = MaxPledge }, ""},
		{"more than the most", func(p *Pledge) { p.Amount = MaxPledge + 1 }, "amount=donations.amount_large"},
		{"beyond all bounds", func(p *Pledge) { p.Amount = money.Max }, "amount=donations.amount_large"},
		{"an identity number with a slip", func(p *Pledge) { p.IDNo = "530302199001011233" }, "idno=donations.idno"},
		{"an identity number", func(p *Pledge) { p.IDNo = "53032619600229004x" }, ""},
		{"a body without its code", func(p *Pledge) { p.Donor = Body }, "idno=donations.credit"},
		{"a body with a slip", func(p *Pledge) { p.Donor, p.IDNo = Body, "91350100M000100Y44" }, "idno=donations.credit"},
		{"a body of eighty characters", func(p *Pledge) { p.Donor, p.IDNo, p.Name = Body, "91350100M000100Y43", strings.Repeat("司", 80) }, ""},
		{"a body of eighty-one", func(p *Pledge) { p.Donor, p.IDNo, p.Name = Body, "91350100M000100Y43", strings.Repeat("司", 81) }, "name=donations.body_name"},
		{"no phone", func(p *Pledge) { p.Phone = "" }, "phone=donations.phone"},
		{"a long message", func(p *Pledge) { p.Message = strings.Repeat("好", 201) }, "message=donations.message_long"},
		{"no consent", func(p *Pledge) { p.Agree = false }, "agree=donations.need_agree"},
		{"nothing chosen", func(p *Pledge) { p.Donor, p.Shown = "", "" }, "donor=donations.need_donor shown=donations.need_shown"},
		{"everything wrong", func(p *Pledge) { *p = Pledge{Donor: Person, Shown: "x", IDNo: "1"} },
			"amount=donations.amount name=donations.name shown=donations.need_shown idno=donations.idno phone=donations.phone agree=donations.need_agree"},
	} {
		p := ok
		c.change(&p)
		var got []string
		for _, f := range fault.FieldsOf(p.clean(today, latin{})) {
			got = append(got, f.Name+"="+f.Code)
			if words[f.Code] == "" {
				t.Errorf("%s: %s has no sentence", c.name, f.Code)
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: got %q, want %q", c.name, s, c.want)
		}
	}
}

func TestThePublicReadsOnlyWhatTheDonorAllowed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ donor, shown, name, want string }{
		{Person, Masked, "张建明", "张*明"}, {Person, Masked, "张明", "张*"}, {Person, Real, "张建明", "张建明"}, {Person, Anonymous, "张建明", "爱心人士"},
		{Body, Real, "曲靖云岭建设集团有限公司", "曲靖云岭建设集团有限公司"}, {Body, Masked, "曲靖云岭建设集团有限公司", "曲靖**公司"}, {Body, Masked, "云岭社", "云**"}, {Body, Anonymous, "曲靖云岭建设集团有限公司", "爱心单位"},
		{Person, Masked, "买买提·艾合买提", "买**"}, {Person, Masked, "钱𬱖", "钱*"},
	} {
		if got := publicName(c.donor, c.shown, c.name); got != c.want {
			t.Errorf("%s %s %s: got %q, want %q", c.donor, c.shown, c.name, got, c.want)
		}
	}
}

func TestTransferCodesCatchSlips(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 300 {
		code := newCode()
		if got, ok := readCode(" " + strings.ToLower(code[:4]) + "-" + code[4:]); !ok || got != code {
			t.Fatalf("%s is read as %q, %v", code, got, ok)
		}
		if seen[code] {
			t.Fatalf("%s came twice in 300", code)
		}
		seen[code] = true
		if strings.ContainsAny(code, "0O1ILSZ") {
			t.Fatalf("%s holds a sign that looks like another", code)
		}
		for i := range code {
			for _, x := range []byte(alphabet) {
				if x == code[i] {
					continue
				}
				b := []byte(code)
				b[i] = x
				if _, ok := readCode(string(b)); ok {
					t.Fatalf("%s is read although it was %s", b, code)
				}
			}
			if i > 0 && code[i] != code[i-1] {
				b := []byte(code)
				b[i], b[i-1] = b[i-1], b[i]
				if _, ok := readCode(string(b)); ok {
					t.Fatalf("%s is read although it was %s", b, code)
				}
			}
		}
	}
}

func TestTheGateOfTheLaw(t *testing.T) {
	t.Parallel()
	own := Plan{Mode: Own, Beneficiaries: "x", Surplus: "x", Manager: "x", Qualification: "x", Filing: "x", FiledOn: "2026-11-01", Platform: "x", PlatformURL: "https://a.example/", StartsOn: "2026-11-20", EndsOn: "2026-12-31", Region: "x", Cost: "x"}
	for _, c := range []struct {
		name   string
		change func(p *Plan)
		want   string
	}{
		{"own qualification, complete", func(*Plan) {}, ""},
		{"no qualification", func(p *Plan) { p.Qualification = "" }, "qualification"},
		{"no filing", func(p *Plan) { p.Filing = "" }, "filing"},
		{"no day of filing", func(p *Plan) { p.FiledOn = "" }, "filed_on"},
		{"no platform", func(p *Plan) { p.Platform, p.PlatformURL = "", "" }, "platform platform_url"},
		{"no dates", func(p *Plan) { p.StartsOn, p.EndsOn = "", "" }, "starts_on ends_on"},
		{"filed nine days before", func(p *Plan) { p.FiledOn = "2026-11-11" }, "filed_on"},
		{"filed ten days before", func(p *Plan) { p.FiledOn = "2026-11-10" }, ""},
		{"filed after the start, disaster", func(p *Plan) { p.FiledOn, p.Urgent = "2026-11-24", true }, ""},
		{"filed eleven days after, disaster", func(p *Plan) { p.StartsOn, p.FiledOn, p.Urgent = "2026-11-10", "2026-11-21", true }, "filed_on"},
		{"filed in the future", func(p *Plan) { p.FiledOn, p.StartsOn = "2026-11-26", "2026-12-10" }, "filed_on"},
		{"over", func(p *Plan) { p.EndsOn = "2026-11-24" }, "ends_on"},
		{"partner without a name", func(p *Plan) { p.Mode = Partner }, "partner agreement evaluation"},
		{"partner with its papers", func(p *Plan) { p.Mode, p.Partner, p.Agreement, p.Evaluation = Partner, "x", "x", "x" }, ""},
		{"intent needs no qualification", func(p *Plan) { *p = Plan{Mode: Intent, Beneficiaries: "x", Surplus: "x", Manager: "x"} }, ""},
		{"intent needs its rule for what is left", func(p *Plan) { *p = Plan{Mode: Intent, Beneficiaries: "x", Manager: "x"} }, "surplus"},
		{"directed needs its circle", func(p *Plan) {
			*p = Plan{Mode: Directed, Beneficiaries: "x", Surplus: "x", Manager: "x", StartsOn: "2026-11-01", EndsOn: "2026-12-01"}
		}, "circle"},
	} {
		p := own
		c.change(&p)
		var got []string
		for _, f := range fault.FieldsOf(p.gate(today, usual)) {
			got = append(got, f.Name)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: got %q, want %q", c.name, s, c.want)
		}
	}
}

func TestStatesFollowTheirOrder(t *testing.T) {
	t.Parallel()
	allowed := map[[2]State]bool{
		{Pledged, Arrived}: true, {Expired, Arrived}: true, {Arrived, Received}: true, {Arrived, Pledged}: true, {Arrived, Withdrawn}: true,
		{Received, Refunding}: true, {Refunding, Received}: true, {Refunding, Refunded}: true, {Pledged, Expired}: true,
	}
	for _, a := range States() {
		if words["donations.state."+string(a)] == "" {
			t.Errorf("%s has no word", a)
		}
		for _, b := range States() {
			if got := a.May(b); got != allowed[[2]State{a, b}] {
				t.Errorf("%s to %s: %v", a, b, got)
			}
		}
	}
}

func TestAPaymentIsChecked(t *testing.T) {
	t.Parallel()
	ok := Payment{BankRef: "ab 12", Day: today, Amount: 1, Payer: "张", Method: Transfer}
	for _, c := range []struct {
		name   string
		change func(p *Payment)
		want   string
	}{
		{"as it should be", func(*Payment) {}, ""}, {"tomorrow", func(p *Payment) { p.Day = today.Add(1) }, "day"}, {"no day", func(p *Payment) { p.Day = "" }, "day"},
		{"four years ago", func(p *Payment) { p.Day = "2022-11-25" }, "day"}, {"no reference", func(p *Payment) { p.BankRef = " " }, "bank_ref"}, {"Chinese in the reference", func(p *Payment) { p.BankRef = "流水" }, "bank_ref"},
		{"nothing", func(p *Payment) { p.Amount = 0 }, "paid"}, {"too much", func(p *Payment) { p.Amount = MaxArrival + 1 }, "paid"}, {"no payer", func(p *Payment) { p.Payer = "" }, "payer"}, {"by pigeon", func(p *Payment) { p.Method = "pigeon" }, "method"},
	} {
		p := ok
		c.change(&p)
		var cs fault.Checks
		p.clean(today, &cs)
		var got []string
		for _, f := range fault.FieldsOf(cs.Err()) {
			got = append(got, f.Name)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: got %q, want %q", c.name, s, c.want)
		}
		if c.want == "" && p.BankRef != "AB12" {
			t.Errorf("the reference is kept as %q", p.BankRef)
		}
	}
}

func TestShortNamesOfCampaignsStandInAddresses(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{"DB-2026": true, "A1": true, "": false, "A": false, "db": false, "-A": false, "A-": false, "A/B": false, "中文": false, strings.Repeat("A", 21): false} {
		if codeOK(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}

func TestCellsOfAnExportAreNoFormulas(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"=1+1": "'=1+1", "+1": "'+1", "@x": "'@x", "-1": "'-1", "张": "张", "": ""} {
		if got := cells(in)[0]; got != want {
			t.Errorf("%q becomes %q", in, got)
		}
	}
}
