package chart

import (
	"strconv"
	"strings"
)

// scale is an axis in whole minor units: from low to high, with a mark at each step.
// Nothing is always on it.
type scale struct{ low, high, step int64 }

// newScale takes the values in, with about so many marks at round numbers: 1, 2 or 5
// times a power of ten.
func newScale(least, most int64, marks int) scale {
	least, most = min(least, 0), max(most, 0)
	if least == most {
		most = 1
	}
	step := roundStep((most - least) / int64(max(1, marks)))
	s := scale{step: step}
	s.low, s.high = -ceil(-least, step)*step, ceil(most, step)*step
	return s
}

// ceil divides upwards; n is not below nothing.
func ceil(n, by int64) int64 { return (n + by - 1) / by }

// roundStep is the least round number that is not below a step.
func roundStep(least int64) int64 {
	for power := int64(1); ; power *= 10 {
		for _, digit := range []int64{1, 2, 5} {
			if digit*power >= least {
				return digit * power
			}
		}
		if power > 1e17 {
			return power
		}
	}
}

// marks are the round numbers of the axis, from the least.
func (s scale) marks() (list []int64) {
	for at := s.low; at <= s.high; at += s.step {
		list = append(list, at)
	}
	return list
}

// at is where a value stands between two heights of the picture, y downwards.
func (s scale) at(value int64, top, bottom float64) float64 {
	share := float64(value-s.low) / float64(s.high-s.low)
	return bottom - share*(bottom-top)
}

// Short is an amount as axes have it: whole units of the currency with so many digits,
// in thousands or millions where that is round.
func Short(minor int64, digits int) string {
	sign := ""
	if minor < 0 {
		sign, minor = "−", -minor
	}
	unit := int64(1)
	for range digits {
		unit *= 10
	}
	for _, scale := range []struct {
		of   int64
		word string
	}{{unit * 1_000_000, " M"}, {unit * 1_000, "k"}, {unit, ""}} {
		if minor >= scale.of {
			return sign + hundredths(minor, scale.of) + scale.word
		}
	}
	return sign + hundredths(minor, unit)
}

// hundredths is a quotient with at most two digits after the point, and none too many.
func hundredths(n, by int64) string {
	whole, rest := n/by, n%by
	text := strconv.FormatInt(whole, 10)
	if part := rest * 100 / by; part > 0 {
		text += "." + strings.TrimRight(strconv.FormatInt(100+part, 10)[1:], "0")
	}
	return text
}
