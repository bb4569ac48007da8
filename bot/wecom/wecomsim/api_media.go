package wecomsim

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"strconv"
	"time"
)

const (
	mediaLife = 3 * 24 * time.Hour
	mib       = 1 << 20
)

// mediaFile is a temporary file, of the app or sent by a person.
type mediaFile struct {
	kind, name string
	data       []byte
	at         time.Time
}

func (m *mediaFile) expired(now time.Time) bool { return now.Sub(m.at) >= mediaLife }

func (m *mediaFile) contentType() string {
	if t := mime.TypeByExtension(path.Ext(m.name)); t != "" {
		return t
	}
	return http.DetectContentType(m.data)
}

// mediaMax is the size limit per type; 0 for an unknown type.
func mediaMax(kind string) int {
	switch kind {
	case "image", "video":
		return 10 * mib
	case "voice":
		return 2 * mib
	case "file":
		return 20 * mib
	}
	return 0
}

func (s *Sim) mediaUpload(c *call) (reply, *apiError) {
	kind := c.query.Get("type")
	limit := mediaMax(kind)
	if limit == 0 {
		s.violate(c.path, "unknown type")
		return reply{}, fail(40005, "invalid type")
	}
	name, data, err := formFile(c)
	if err != nil || name == "" {
		s.violate(c.path, "no form file named media")
		return reply{}, fail(41005, "media data missing")
	}
	if len(data) <= 5 || len(data) > limit {
		s.violate(c.path, "file size "+strconv.Itoa(len(data)))
		return reply{}, fail(40006, "invalid file size")
	}
	id := s.addMedia(kind, name, data, c.now)
	return ok(map[string]any{"type": kind, "media_id": id, "created_at": strconv.FormatInt(c.now.Unix(), 10)})
}

func formFile(c *call) (string, []byte, error) {
	_, params, err := mime.ParseMediaType(c.head.Get("Content-Type"))
	if err != nil {
		return "", nil, err
	}
	parts := multipart.NewReader(bytes.NewReader(c.body), params["boundary"])
	for {
		p, err := parts.NextPart()
		if err != nil {
			return "", nil, err
		}
		if p.FormName() == "media" {
			data, err := io.ReadAll(p)
			return p.FileName(), data, err
		}
	}
}

// addMedia keeps a file for three days. The caller holds mu.
func (s *Sim) addMedia(kind, name string, data []byte, now time.Time) string {
	for id, m := range s.media {
		if m.expired(now) {
			delete(s.media, id)
		}
	}
	id := s.random(40)
	s.media[id] = &mediaFile{kind: kind, name: name, data: data, at: now}
	return id
}

func (s *Sim) mediaGet(c *call) (reply, *apiError) {
	m := s.media[c.query.Get("media_id")]
	if m == nil || m.expired(c.now) {
		return reply{}, fail(40007, "invalid media_id")
	}
	return reply{file: m}, nil
}
