package ident

import (
	"errors"
	"strings"
	"testing"

	"care/server/clock"
)

const today = clock.Day("2026-11-25")

func TestCitizenNumbersOfTheStandardAreRead(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"11010519491231002X", "11010519491231002x", "440524188001010014", "530302199001011232", "530381198512310024", "53032619600229004X", "530322197211305550"} {
		_, err := Citizen(s, today)
		if s == "440524188001010014" { // the standard's sample was born in 1880
			if !errors.Is(err, ErrDate) {
				t.Errorf("%s: %v, want ErrDate: nobody is 146 years old", s, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
}

func TestCitizenNumbersWithASlipAreRefused(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]error{
		"530302199001011233": ErrCheck, "53030219900101123X": ErrCheck, "530326196102290041": ErrDate, "530302209901011232": ErrDate,
		"530302900101123": ErrForm, "": ErrForm, "53030219900101123Y": ErrForm, "A30302199001011232": ErrForm,
	} {
		if _, err := Citizen(s, today); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", s, err, want)
		}
	}
}

func TestEverySingleWrongDigitIsFound(t *testing.T) {
	t.Parallel()
	const good = "530302199001011232"
	for i := range 18 {
		for d := byte('0'); d <= '9'; d++ {
			b := []byte(good)
			if b[i] == d {
				continue
			}
			b[i] = d
			if _, err := Citizen(string(b), today); err == nil {
				t.Errorf("%s is accepted", b)
			}
		}
	}
}

func TestCreditCodesAreRead(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"91350100M000100Y43", "52620600MJY949356H", "53530300MJ000000XC", "53530300MJ0A000173", "91530300MA6T00004Q"} {
		if _, err := Credit(s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	if _, err := Credit("91350100M000100Y44"); !errors.Is(err, ErrCheck) {
		t.Errorf("a wrong check digit gives %v", err)
	}
	if _, err := Credit("91350100I000100Y43"); !errors.Is(err, ErrForm) {
		t.Errorf("the letter I gives %v", err)
	}
}

func TestCardsNeedTheirLuhnDigit(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"6217003870000123452", "6228 4801 2345 6789 015"} {
		if _, err := Card(s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, s := range []string{"6217003870000123453", "123", "62170038700001234x2"} {
		if _, err := Card(s); err == nil {
			t.Errorf("%s is accepted", s)
		}
	}
}

func TestPhonesAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"138 0874 1234": "13808741234", "+8613808741234": "13808741234", "0874-3123456": "0874-3123456", "08743123456": "0874-3123456", "(010)62345678": "010-62345678"} {
		if got, err := Phone(in); err != nil || got != want {
			t.Errorf("Phone(%q) = %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "12345", "23808741234", "1380874123", "abc"} {
		if got, err := Phone(in); err == nil {
			t.Errorf("Phone(%q) = %q", in, got)
		}
	}
}

func TestMaskedNamesHideTheGivenName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"张明": "张*", "张建明": "张*明", "欧阳军": "欧阳*", "欧阳建军": "欧阳*军", "买买提·艾合买提": "买**", "张": "*", "𠮷野建国": "𠮷**国", "": "",
	} {
		if got := MaskName(in); got != want {
			t.Errorf("MaskName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMaskedNumbersHideTheirMiddle(t *testing.T) {
	t.Parallel()
	if got := MaskID("530302199001011232"); got != "530302********1232" {
		t.Error(got)
	}
	if got := MaskPhone("13808741234"); got != "138****1234" {
		t.Error(got)
	}
	if got := MaskCard("6217003870000123452"); got != "**** 3452" {
		t.Error(got)
	}
}

func TestEmailAddressesAreReadWithoutNamesAndTricks(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		" Li.Min@Example.COM ": "li.min@example.com", "a+b@x.co": "a+b@x.co",
		"": "", "li": "", "li@": "", "@x.com": "", "li@localhost": "", "Li <li@x.com>": "", "li@x.com\nBcc: z@x.com": "", "li@x.com,b@x.com": "",
		"李@x.com": "", "li@.com": "", "li@x.": "", `"a b"@x.com`: "", strings.Repeat("a", 250) + "@x.com": "",
	} {
		got, err := Email(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("Email(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	if got := MaskEmail("li.min@example.com"); got != "l***@example.com" {
		t.Errorf("masked as %q", got)
	}
}
