package document

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/draw"
	_ "image/jpeg" // logos are PNG or JPEG
	"image/png"
	"strconv"

	xdraw "golang.org/x/image/draw"

	"prorata/flow"
)

// logoPixelsMax bounds a logo's sides: more cannot be seen at its printed size.
const logoPixelsMax = 2000

// ErrLetterhead is returned for a logo or a colour that cannot be used.
var ErrLetterhead = errors.New("letterhead")

// CheckLetterhead says what is wrong with a letterhead, before documents need it.
func CheckLetterhead(l flow.Letterhead) error {
	if _, ok := parseColour(l.Accent); !ok && l.Accent != "" {
		return fmt.Errorf("%w: colour %q is not of the form #rrggbb", ErrLetterhead, l.Accent)
	}
	_, err := readPicture(l.Logo)
	return err
}

// picture is a logo in the one form that is written: PNG, eight bits, not interlaced.
type picture struct {
	png           []byte
	width, height int
}

// readPicture reads a PNG or JPEG; nothing is no picture.
func readPicture(data []byte) (*picture, error) {
	if len(data) == 0 {
		return nil, nil
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: logo: %w", ErrLetterhead, err)
	}
	if config.Width > logoPixelsMax || config.Height > logoPixelsMax || config.Width < 1 || config.Height < 1 {
		return nil, fmt.Errorf("%w: logo: %d by %d pixels; at most %d each way", ErrLetterhead, config.Width, config.Height, logoPixelsMax)
	}
	source, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: logo: %w", ErrLetterhead, err)
	}
	flat := image.NewNRGBA(image.Rect(0, 0, config.Width, config.Height))
	draw.Draw(flat, flat.Bounds(), source, source.Bounds().Min, draw.Src)
	var out bytes.Buffer
	if err := png.Encode(&out, flat); err != nil {
		return nil, fmt.Errorf("%w: logo: %w", ErrLetterhead, err)
	}
	return &picture{out.Bytes(), config.Width, config.Height}, nil
}

const (
	// logoBytesMost is how large a picture may be that somebody sends.
	logoBytesMost = 1 << 20
	// A logo is printed at most so large; at 400 dots an inch that is as many pixels.
	logoPixelsWide = 880
	logoPixelsHigh = 220
)

// CleanLogo reads a picture that somebody sent, makes it no larger than can be seen in print, and writes it as a PNG:
// nothing of the file but the picture is kept.
func CleanLogo(sent []byte) ([]byte, error) {
	if len(sent) > logoBytesMost {
		return nil, fmt.Errorf("%w: logo: the file has more than %d KB", ErrLetterhead, logoBytesMost>>10)
	}
	if _, format, err := image.DecodeConfig(bytes.NewReader(sent)); err != nil || format != "png" && format != "jpeg" {
		return nil, fmt.Errorf("%w: logo: the file is no PNG and no JPEG", ErrLetterhead)
	}
	read, err := readPicture(sent)
	if err != nil {
		return nil, err
	}
	if read.width <= logoPixelsWide && read.height <= logoPixelsHigh {
		return read.png, nil
	}
	source, err := png.Decode(bytes.NewReader(read.png))
	if err != nil {
		return nil, fmt.Errorf("%w: logo: %w", ErrLetterhead, err)
	}
	w, h := read.within(logoPixelsWide, logoPixelsHigh)
	small := image.NewNRGBA(image.Rect(0, 0, max(1, int(w)), max(1, int(h))))
	xdraw.CatmullRom.Scale(small, small.Bounds(), source, source.Bounds(), xdraw.Src, nil)
	var out bytes.Buffer
	if err := png.Encode(&out, small); err != nil {
		return nil, fmt.Errorf("%w: logo: %w", ErrLetterhead, err)
	}
	return out.Bytes(), nil
}

// within is the picture's size scaled to stand in a box.
func (p *picture) within(width, height float64) (w, h float64) {
	scale := min(width/float64(p.width), height/float64(p.height))
	return float64(p.width) * scale, float64(p.height) * scale
}

// parseColour reads #rrggbb.
func parseColour(text string) (colour, bool) {
	if len(text) != 7 || text[0] != '#' {
		return colour{}, false
	}
	n, err := strconv.ParseUint(text[1:], 16, 24)
	if err != nil {
		return colour{}, false
	}
	return colour{uint8(n >> 16), uint8(n >> 8), uint8(n)}, true
}
