package public

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
)

// Limits of an image, on its way in and once it is encoded anew.
const (
	imageMax  = 12 << 20   // bytes
	pixelsMax = 50_000_000 // of a JPEG; a telephone's largest
	pngMax    = 16_000_000 // of a PNG, which takes more memory a pixel
	sideMax   = 1600       // pixels
	jpegMax   = 350_000    // bytes
	sealImage = 352 << 10  // bytes an image is filled up to before it is sealed
)

var errImage = errors.New("public: not an image that can be taken")

// redraw makes of an image another one that shows the same and says nothing else: decoded,
// turned the way it was held, at most sideMax wide and high, JPEG without metadata of at
// most jpegMax bytes. errImage.
func redraw(raw []byte) ([]byte, error) {
	// Not image.Decode: it knows whatever format any package of the program registered, and
	// every decoder is a door to the outside.
	size, decode, limit, turn := png.DecodeConfig, png.Decode, pngMax, 1
	if bytes.HasPrefix(raw, []byte{0xFF, 0xD8}) {
		size, decode, limit, turn = jpeg.DecodeConfig, jpeg.Decode, pixelsMax, orientation(raw)
	}
	conf, err := size(bytes.NewReader(raw))
	if err != nil || conf.Width <= 0 || conf.Height <= 0 || int64(conf.Width)*int64(conf.Height) > int64(limit) {
		return nil, errImage
	}
	img, err := decode(bytes.NewReader(raw))
	if err != nil {
		return nil, errImage
	}
	for _, side := range []int{sideMax, 1200, 900, 640} {
		small := turned(shrunk(img, side), turn)
		for _, quality := range []int{82, 70, 55} {
			var out bytes.Buffer
			if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: quality}); err != nil {
				return nil, errImage
			}
			if out.Len() <= jpegMax {
				return out.Bytes(), nil
			}
		}
	}
	return nil, errImage
}

// shrunk is an image of at most side pixels a side: each pixel the mean of those it
// stands for, on white. It looks at a strip at a time, so that no full copy is made.
func shrunk(img image.Image, side int) *image.RGBA {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if longest := max(w, h); longest > side {
		w, h = max(1, w*side/longest), max(1, h*side/longest)
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	strip := image.NewRGBA(image.Rect(0, 0, b.Dx(), (b.Dy()+h-1)/h+1))
	for y := range h {
		y0, y1 := y*b.Dy()/h, max((y+1)*b.Dy()/h, y*b.Dy()/h+1)
		rows := image.Rect(0, 0, b.Dx(), y1-y0)
		draw.Draw(strip, rows, image.NewUniform(color.White), image.Point{}, draw.Src)
		draw.Draw(strip, rows, img, image.Pt(b.Min.X, b.Min.Y+y0), draw.Over)
		for x := range w {
			x0, x1 := x*b.Dx()/w, max((x+1)*b.Dx()/w, x*b.Dx()/w+1)
			var sum [3]int
			for sy := range y1 - y0 {
				for sx := x0; sx < x1; sx++ {
					at := strip.PixOffset(sx, sy)
					for c := range sum {
						sum[c] += int(strip.Pix[at+c])
					}
				}
			}
			n := (y1 - y0) * (x1 - x0)
			out.SetRGBA(x, y, color.RGBA{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n), 255}) //nolint:gosec // means of bytes
		}
	}
	return out
}

// turned turns and mirrors an image by its EXIF orientation, 1 to 8.
func turned(img *image.RGBA, turn int) *image.RGBA {
	if turn <= 1 || turn > 8 {
		return img
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if turn >= 5 {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch turn {
			case 2:
				tx = w - 1 - x
			case 3:
				tx, ty = w-1-x, h-1-y
			case 4:
				ty = h - 1 - y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = h-1-y, x
			case 7:
				tx, ty = h-1-y, w-1-x
			case 8:
				tx, ty = y, w-1-x
			}
			out.SetRGBA(tx, ty, img.RGBAAt(x, y))
		}
	}
	return out
}

// orientation finds how a JPEG was held: tag 0x0112 of its EXIF block; 1 when it says nothing.
func orientation(raw []byte) int {
	for at := 2; at+4 <= len(raw) && raw[at] == 0xFF; {
		kind, size := raw[at+1], int(binary.BigEndian.Uint16(raw[at+2:]))
		if kind == 0xDA || size < 2 || at+2+size > len(raw) {
			return 1
		}
		if block := raw[at+4 : at+2+size]; kind == 0xE1 && bytes.HasPrefix(block, []byte("Exif\x00\x00")) {
			return exifOrientation(block[6:])
		}
		at += 2 + size
	}
	return 1
}

func exifOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	first := int64(order.Uint32(tiff[4:]))
	if first+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[first:]
	for i := range int(order.Uint16(entries)) {
		at := 2 + 12*i
		if at+12 > len(entries) {
			return 1
		}
		if order.Uint16(entries[at:]) == 0x0112 {
			return int(order.Uint16(entries[at+8:]))
		}
	}
	return 1
}
