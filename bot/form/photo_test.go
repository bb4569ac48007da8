package form_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"qingfeng/bot"
	"qingfeng/bot/form"
)

// photographed is a JPEG of a size with an EXIF block: an orientation, and a place.
func photographed(t *testing.T, w, h, orientation int, order binary.ByteOrder) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			if x < w/2 { // the left half is red
				img.Set(x, y, color.RGBA{R: 220, A: 255})
			} else {
				img.Set(x, y, color.RGBA{B: 220, A: 255})
			}
		}
	}
	var raw bytes.Buffer
	if err := jpeg.Encode(&raw, img, nil); err != nil {
		t.Fatal(err)
	}
	tiff := []byte("II*\x00")
	if order == binary.BigEndian {
		tiff = []byte("MM\x00*")
	}
	app, ok := order.(binary.AppendByteOrder)
	if !ok {
		t.Fatal("no order")
	}
	tiff = app.AppendUint32(tiff, 8)
	tiff = app.AppendUint16(tiff, 1)
	tiff = app.AppendUint16(tiff, 0x0112)
	tiff = app.AppendUint16(tiff, 3)
	tiff = app.AppendUint32(tiff, 1)
	tiff = app.AppendUint16(tiff, uint16(orientation))
	tiff = append(tiff, 0, 0)
	tiff = append(tiff, "GPS 27.88N 102.26E taken by PhoneX"...)
	block := append([]byte("Exif\x00\x00"), tiff...)
	head := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(block)+2))...)
	return append(append(head, block...), raw.Bytes()[2:]...)
}

func TestAPhotoKeepsNothingButItsPixels(t *testing.T) {
	data := photographed(t, 2400, 1200, 1, binary.LittleEndian)
	if !bytes.Contains(data, []byte("PhoneX")) {
		t.Fatal("nothing is planted")
	}
	out, err := form.Photo(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, planted := range []string{"PhoneX", "Exif", "GPS"} {
		if bytes.Contains(out, []byte(planted)) {
			t.Errorf("the photo holds %s", planted)
		}
	}
	head, kind, err := image.DecodeConfig(bytes.NewReader(out))
	if err != nil || kind != "jpeg" || head.Width != 1600 || head.Height != 800 {
		t.Errorf("%s %dx%d %v", kind, head.Width, head.Height, err)
	}
}

func TestAPhotoIsTurnedUpright(t *testing.T) {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		for how, red := range map[int][2]int{1: {2, 20}, 2: {37, 10}, 3: {37, 10}, 4: {2, 10}, 5: {10, 2}, 6: {10, 2}, 7: {10, 37}, 8: {10, 37}} {
			out, err := form.Photo(photographed(t, 40, 24, how, order))
			if err != nil {
				t.Fatal(err)
			}
			img, err := jpeg.Decode(bytes.NewReader(out))
			if err != nil {
				t.Fatal(err)
			}
			if wide := img.Bounds().Dx() == 40; wide != (how < 5) {
				t.Errorf("%d: %v", how, img.Bounds())
			}
			if r, _, b, _ := img.At(red[0], red[1]).RGBA(); r < b {
				t.Errorf("%d: the red half is elsewhere", how)
			}
		}
	}
}

func TestWhatIsNoPhotoIsRefusedWithWords(t *testing.T) {
	var small bytes.Buffer
	if err := png.Encode(&small, image.NewRGBA(image.Rect(0, 0, 3, 3))); err != nil {
		t.Fatal(err)
	}
	if _, err := form.Photo(small.Bytes()); err != nil {
		t.Errorf("a PNG: %v", err)
	}
	// A head that promises more pixels than anybody photographs.
	bomb := bytes.Clone(small.Bytes())
	binary.BigEndian.PutUint32(bomb[16:], 60000)
	binary.BigEndian.PutUint32(bomb[20:], 60000)
	whole := photographed(t, 40, 24, 1, binary.LittleEndian)
	for name, data := range map[string][]byte{
		"nothing": nil, "text": []byte("not a picture"), "a bomb": bomb, "cut": whole[:len(whole)/2], "large": make([]byte, 11<<20), "gif": []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"),
	} {
		if out, err := form.Photo(data); err == nil || bot.Says(err) == "" || out != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
