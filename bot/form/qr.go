package form

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/boombuler/barcode/qr"
)

// qrQuiet is the blank margin of a code on each side, in modules (ISO/IEC 18004 asks for 4).
const qrQuiet = 4

// qrCode is a QR code: dark[y][x], square, without its margin.
type qrCode struct{ dark [][]bool }

// newQR encodes words at level Q: a quarter of the code may be dirty or torn.
func newQR(words string) (qrCode, error) {
	code, err := qr.Encode(words, qr.Q, qr.Auto)
	if err != nil {
		return qrCode{}, fmt.Errorf("form: qr: %w", err)
	}
	b := code.Bounds()
	out := qrCode{dark: make([][]bool, b.Dy())}
	for y := range out.dark {
		out.dark[y] = make([]bool, b.Dx())
		for x := range out.dark[y] {
			r, _, _, _ := code.At(b.Min.X+x, b.Min.Y+y).RGBA()
			out.dark[y][x] = r < 0x8000
		}
	}
	return out, nil
}

// modules is how wide the code is with its margin.
func (c qrCode) modules() int { return len(c.dark) + 2*qrQuiet }

// QRPNG is an address as a QR code (level Q, with its margin) of at least a number of
// pixels: every module is the same whole number of them.
func QRPNG(url string, pixels int) ([]byte, error) {
	c, err := newQR(url)
	if err != nil {
		return nil, err
	}
	each := max(1, (pixels+c.modules()-1)/c.modules())
	img := image.NewPaletted(image.Rect(0, 0, each*c.modules(), each*c.modules()), color.Palette{color.White, color.Black})
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			my, mx := y/each-qrQuiet, x/each-qrQuiet
			if my >= 0 && mx >= 0 && my < len(c.dark) && mx < len(c.dark) && c.dark[my][mx] {
				img.SetColorIndex(x, y, 1)
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, fmt.Errorf("form: qr: %w", err)
	}
	return b.Bytes(), nil
}
