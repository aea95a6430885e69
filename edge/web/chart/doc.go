// Package chart draws figures as SVG: values in, text out, no script and nothing
// loaded from anywhere.
//
// A chart has one hue and grey, words beside what they name instead of a legend, bars
// that begin at nothing, and the numbers themselves under it, one click away. Every
// mark can be pointed at and tabbed to, and then says what it stands for. Colours are
// the page's (custom properties of CSS), so that light and dark are the page's, too.
//
//	chart.go   what is drawn, and the frame: words, axes, the table
//	scale.go   round numbers for an axis
//	bars.go    bars, one for each label, and bars stacked above and below nothing
//	line.go    a line through the labels;   lines.go  one that is compared with another
//	steps.go   a stair of the labels
//
// How it looks is a style sheet of the pages.
package chart
