package demobook

import (
	"hash/fnv"
	"math/rand/v2"
)

// chance is a row of dice of its own for each thing that is decided by it, so
// that a new customer in the tables changes nothing for the others.
type chance struct{ dice *rand.Rand }

func (b *book) chance(of string) chance {
	name := fnv.New64a()
	_, _ = name.Write([]byte(of))
	return chance{rand.New(rand.NewPCG(b.seed, name.Sum64()))}
}

// between is a whole number from least to most, both included.
func (c chance) between(least, most int) int { return least + c.dice.IntN(most-least+1) }

// percent is true so many times in a hundred.
func (c chance) percent(of int) bool { return c.dice.IntN(100) < of }

// around is a number within so many percent of another, at least 1.
func (c chance) around(n, percent int) int {
	return max(1, n*c.between(100-percent, 100+percent)/100)
}
