package public_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"qingfeng/bot/letter"
)

// photo is a picture with red at its top left, noise below, and EXIF that tells things.
func photo(t *testing.T, w, h, turn int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(1, 2))
	for y := range h {
		for x := range w {
			c := color.RGBA{uint8(r.Uint32()), uint8(r.Uint32()), uint8(r.Uint32()), 255}
			if x < w/2 && y < h/2 {
				c = color.RGBA{220, 10, 10, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		t.Fatal(err)
	}
	tiff := []byte("II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00")
	tiff = append(tiff, byte(turn), 0, 0, 0, 0, 0, 0, 0)
	exif := append([]byte("Exif\x00\x00"), append(tiff, "CANARY phone 31.2N"...)...)
	block := binary.BigEndian.AppendUint16([]byte{0xFF, 0xE1}, uint16(len(exif)+2))
	raw := out.Bytes()
	return append(append(append([]byte{}, raw[:2]...), append(block, exif...)...), raw[2:]...)
}

func TestAnImageKeepsWhatItShowsAndNothingElse(t *testing.T) {
	a := newHall(t)
	f := a.get("/n/" + imageCode).form(t)
	f.Set("text", "看照片")
	receipt := a.upload(f, "IMG_CANARY.jpg", bytes.NewReader(photo(t, 2400, 1800, 6))).receipt(t)
	if len(a.held) != 1 || len(a.held[0]) != letter.ImageSize {
		t.Fatalf("%d held", len(a.held))
	}
	x := a.night()[0]
	if x.Selector != receipt.Selector() || a.reads(a.office, x.Body) != "看照片" {
		t.Errorf("%+v", x)
	}
	raw, err := a.office.Open(x.Image)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(raw, []byte("CANARY")) || bytes.Contains(raw, []byte("Exif")) || len(raw) > 350_000 {
		t.Errorf("%d bytes with what they tell", len(raw))
	}
	img, kind, err := image.Decode(bytes.NewReader(raw))
	if err != nil || kind != "jpeg" {
		t.Fatal(kind, err)
	}
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if w >= h || h > 1600 {
		t.Errorf("%d×%d: not turned, or too large", w, h)
	}
	// Held sideways, the red corner is at the top right.
	if r, g, _, _ := img.At(w*3/4, h/4).RGBA(); r>>8 < 180 || g>>8 > 60 {
		t.Errorf("the corner is not red: %d %d", r>>8, g>>8)
	}
}

func TestWhatIsNoPhotoIsRefusedAndTheWordsAreKept(t *testing.T) {
	var big, animated, small bytes.Buffer
	if err := png.Encode(&big, image.NewGray(image.Rect(0, 0, 6000, 5000))); err != nil {
		t.Fatal(err)
	}
	if err := gif.Encode(&animated, image.NewPaletted(image.Rect(0, 0, 4, 4), color.Palette{color.Black}), nil); err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(&small, image.NewNRGBA(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		code string
		raw  []byte
		want string
	}{
		"a bomb":    {imageCode, big.Bytes(), "图片没有收"},
		"a gif":     {imageCode, animated.Bytes(), "图片没有收"},
		"words":     {imageCode, []byte("CANARY"), "图片没有收"},
		"cut":       {imageCode, photo(t, 300, 300, 1)[:2000], "图片没有收"},
		"too large": {imageCode, make([]byte, 13<<20), "图片没有收"},
		"endless":   {imageCode, make([]byte, 40<<20), "没有收全"},
		"not taken": {noticeCode, small.Bytes(), "这里不收图片"},
		"fine":      {imageCode, small.Bytes(), "回执码"},
		"empty":     {imageCode, nil, "回执码"},
	} {
		a := newHall(t)
		f := a.get("/n/" + c.code).form(t)
		f.Set("text", "看照片")
		p := a.upload(f, "a.jpg", bytes.NewReader(c.raw))
		taken := c.want == "回执码"
		if !strings.Contains(p.page, c.want) || (len(a.held) == 1) != taken || !taken && name != "endless" && (!strings.Contains(p.page, "看照片") || !p.form(t).Has("paid")) {
			t.Errorf("%s: %d held\n%s", name, len(a.held), short(p.page))
		}
	}
	// Without a proof nobody's image is read.
	a := newHall(t)
	f := a.get("/n/" + imageCode).form(t)
	f.Set("text", "看照片")
	f.Del("answer")
	if p := a.upload(f, "a.png", bytes.NewReader(small.Bytes())); !strings.Contains(p.page, "请先回答") || len(a.night()) > 0 {
		t.Errorf("%s", short(p.page))
	}
}
