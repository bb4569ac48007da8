package public

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	errForm  = errors.New("public: not a form")
	errLarge = errors.New("public: too large")
)

// multi reports whether a request's form could carry an image.
func multi(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "multipart/form-data"
}

// fields is a form that came in the body, and the image that came with it.
type fields struct {
	url.Values
	image   []byte
	refused bool // there was an image, and it was not read
}

// form reads a form. Nothing is taken from the address, and nothing is written to a file,
// as net/http would do with large ones. An image is read only if images says so of the
// fields before it. errForm, errLarge; what came until then is returned all the same.
func (s *site) form(r *http.Request, images func(url.Values) bool) (fields, error) {
	f := fields{Values: url.Values{}}
	if !multi(r) {
		raw, err := io.ReadAll(io.LimitReader(r.Body, bodyMax+1))
		defer clear(raw)
		if err != nil {
			return f, errForm
		}
		if len(raw) > bodyMax {
			// What it belongs to stands first.
			f.Values, _ = url.ParseQuery(string(raw[:bodyMax]))
			return f, errLarge
		}
		if f.Values, err = url.ParseQuery(string(raw)); err != nil {
			return f, errForm
		}
		return f, nil
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return f, errForm
	}
	for left, n := int64(bodyMax), 0; ; n++ {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil || n > 64 {
			return f, errForm
		}
		if part.FileName() != "" {
			if err := s.picture(&f, part, images); err != nil {
				return f, err
			}
			continue
		}
		raw, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return f, errForm
		}
		if left -= int64(len(raw)); left < 0 {
			return f, errLarge
		}
		if part.FormName() != "image" { // an image that was not chosen is an empty field
			f.Add(part.FormName(), string(raw))
		}
		clear(raw)
	}
}

// picture reads the image of a form while there is room for one more.
func (s *site) picture(f *fields, part *multipart.Part, images func(url.Values) bool) error {
	if f.image != nil || part.FormName() != "image" || !images(f.Values) {
		return f.skip(part)
	}
	select {
	case s.large <- struct{}{}:
	default:
		return f.skip(part)
	}
	defer func() { <-s.large }()
	raw, err := io.ReadAll(io.LimitReader(part, imageMax+1))
	switch {
	case err != nil:
		return errForm
	case len(raw) > imageMax:
		clear(raw)
		return f.skip(part)
	case len(raw) > 0:
		f.image = raw
	}
	return nil
}

// skip reads over an image, so that what comes after it is not lost.
func (f *fields) skip(part *multipart.Part) error {
	f.refused = true
	if n, err := io.Copy(io.Discard, io.LimitReader(part, 2*imageMax)); err != nil || n == 2*imageMax {
		return errForm
	}
	return nil
}

// words is what somebody wrote, without blanks at the ends and without what cannot be
// seen: characters of no width would mark a copied text.
func words(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' || r == '\u0085':
			return '\n'
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// echoMax is how much of what somebody wrote a page shows again, in bytes as HTML: a page
// has its size.
const echoMax = 18 << 10

// echo is as much of a text as a page can show again.
func echo(s string) string {
	n := 0
	for i, r := range s {
		switch r {
		case '"', '\'', '<', '>', '&', '+':
			n += 5
		default:
			n += utf8.RuneLen(r)
		}
		if n > echoMax {
			return s[:i]
		}
	}
	return s
}
