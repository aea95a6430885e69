package chart

// Axis is the words of an axis over some values.
func Axis(least, most int64, digits int) (words []string) {
	for _, at := range newScale(least, most, axisMarks).marks() {
		words = append(words, Short(at, digits))
	}
	return words
}
