package main

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	html "html/template"
	"os"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/form"
	"qingfeng/bot/letter"
	"qingfeng/bot/opinion"
	"qingfeng/bot/text"
)

// keySheet is the page on which a recovery key goes into its envelope.
//
//go:embed keys_sheet.html
var keySheet string

// qrPixels is how wide the code is drawn at least; on paper it is 52 mm.
const qrPixels = 600

// drawSheet draws that page.
func drawSheet(unit string, door opinion.Door, printed *letter.Keyring, at time.Time) ([]byte, error) {
	page, err := html.New("sheet").Parse(keySheet)
	if err != nil {
		return nil, err
	}
	parts := strings.Fields(printed.Printed())
	code, err := form.QRPNG(strings.Join(parts, ""), qrPixels)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = page.Execute(&out, map[string]any{
		"Unit": unit, "Door": doorName(door), "For": string(door), "Number": envelope(printed.Recipient()),
		"Day": bot.Civil(at).Format(text.KeysSheetDisplay), "Prefix": parts[0], "Groups": parts[1:],
		"QR": html.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(code)), //nolint:gosec // drawn here
	})
	if err != nil {
		return nil, fmt.Errorf("sheet of a recovery key: %w", err)
	}
	return out.Bytes(), nil
}

// newFile writes a file that must not be there yet, for its owner alone.
func newFile(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if end := f.Close(); err == nil {
		err = end
	}
	if err != nil {
		_ = os.Remove(path)
	}
	return err
}

// envelope is the number by which people tell recovery keys apart: the end of its public
// half.
func envelope(recovery string) string {
	return strings.ToUpper(recovery[max(0, len(recovery)-8):])
}

func doorName(d opinion.Door) string {
	if d == opinion.Discipline {
		return text.KeysTips
	}
	return text.KeysOffice
}
