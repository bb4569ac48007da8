package form

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	_ "image/png" // registers the format; phones send screenshots
	"strings"

	xdraw "golang.org/x/image/draw"

	"qingfeng/bot"
	"qingfeng/bot/text"
)

// Limits of a photo.
const (
	PhotoSide    = 1600       // pixels of the longer side of what is kept
	photoPixels  = 50_000_000 // of what is taken: a decoder needs four bytes for each
	photoLongest = 16_000     // pixels of one side of what is taken
	photoBytes   = 10 << 20   // of what is taken
	photoQuality = 82         // of JPEG
)

// Photo is an uploaded JPEG or PNG made anew: upright, at most PhotoSide pixels, as JPEG,
// with nothing of the file but its pixels (no place, device or time). A *bot.Error says
// why a picture cannot be taken.
func Photo(data []byte) ([]byte, error) {
	refuse := func(say, why string, err error) ([]byte, error) {
		return nil, errors.Join(bot.Refuse(say, "photo: "+why), err)
	}
	if len(data) > photoBytes {
		return refuse(text.PhotoLarge, "bytes", nil)
	}
	head, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || format != "jpeg" && format != "png" {
		return refuse(text.PhotoUnread, "format", err)
	}
	if head.Width < 1 || head.Height < 1 || head.Width > photoLongest || head.Height > photoLongest || head.Width*head.Height > photoPixels {
		return refuse(text.PhotoLarge, "pixels", nil)
	}
	src, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return refuse(text.PhotoUnread, "damaged", err)
	}
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	if long := max(w, h); long > PhotoSide {
		w, h = max(1, w*PhotoSide/long), max(1, h*PhotoSide/long)
	}
	flat := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(flat, flat.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	xdraw.ApproxBiLinear.Scale(flat, flat.Bounds(), src, src.Bounds(), xdraw.Over, nil)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, upright(flat, orientation(data)), &jpeg.Options{Quality: photoQuality}); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// upright turns and mirrors a picture as its EXIF orientation (1…8) asks.
func upright(src *image.RGBA, how int) *image.RGBA {
	if how < 2 || how > 8 {
		return src
	}
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	turned := image.Rect(0, 0, w, h)
	if how >= 5 {
		turned = image.Rect(0, 0, h, w)
	}
	out := image.NewRGBA(turned)
	for y := range h {
		for x := range w {
			to := [...][2]int{2: {w - 1 - x, y}, 3: {w - 1 - x, h - 1 - y}, 4: {x, h - 1 - y}, 5: {y, x}, 6: {h - 1 - y, x}, 7: {h - 1 - y, w - 1 - x}, 8: {y, w - 1 - x}}[how]
			out.SetRGBA(to[0], to[1], src.RGBAAt(x, y))
		}
	}
	return out
}

// orientation is the EXIF orientation of a JPEG, 1 when it says none.
func orientation(data []byte) int {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		size := int(binary.BigEndian.Uint16(data[at+2:]))
		if data[at+1] == 0xda || size < 2 || at+2+size > len(data) {
			return 1
		}
		if part := data[at+4 : at+2+size]; data[at+1] == 0xe1 && strings.HasPrefix(string(part), "Exif\x00\x00") {
			return tiffOrientation(part[6:])
		}
		at += 2 + size
	}
	return 1
}

// tiffOrientation reads tag 0x0112 of the first directory.
func tiffOrientation(b []byte) int {
	if len(b) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if string(b[:2]) == "II" {
		order = binary.LittleEndian
	}
	at := int(order.Uint32(b[4:]))
	if at < 8 || at+2 > len(b) {
		return 1
	}
	for i, n := 0, int(order.Uint16(b[at:])); i < n; i++ {
		e := at + 2 + 12*i
		if e+12 > len(b) {
			return 1
		}
		if order.Uint16(b[e:]) == 0x0112 {
			return int(order.Uint16(b[e+8:]))
		}
	}
	return 1
}
