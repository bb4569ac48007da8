package wecomsim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// What a phone may refuse. These texts are shown by the chats.
var (
	ErrNoCard   = errors.New("没有可以操作的卡片")
	ErrGrey     = errors.New("这张卡片已经不能操作了")
	ErrPlugin   = errors.New("微信插件里看不到卡片")
	ErrNoButton = errors.New("没有这个按钮或选项")
	ErrLeft     = errors.New("此人已不在通讯录")
)

// Phone is one person's WeCom client, opened on the app's chat.
// Methods that send something return after the app has acknowledged the callback.
type Phone struct {
	sim    *Sim
	userID string
}

// Phone gives the phone of a person. An unknown userid is allowed: it is a peer
// from outside the directory.
func (s *Sim) Phone(userid string) *Phone {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.dir.find(userid); m != nil {
		userid = m.UserID
	}
	return &Phone{sim: s, userID: userid}
}

// UserID is whose phone it is.
func (p *Phone) UserID() string { return p.userID }

// Type sends a text.
func (p *Phone) Type(ctx context.Context, text string) error {
	return p.message(ctx, Shown{Kind: "text", Text: text}, "text", field{Name: "Content", Text: text})
}

// SendVoice sends a short voice message; WeCom does not transcribe it for apps.
func (p *Phone) SendVoice(ctx context.Context) error {
	id := p.media("voice", "voice.amr", []byte("#!AMR\nsample of silence"))
	return p.message(ctx, Shown{Kind: "voice", MediaID: id}, "voice",
		field{Name: "MediaId", Text: id}, field{Name: "Format", Text: "amr"})
}

// SendImage sends a small picture.
func (p *Phone) SendImage(ctx context.Context) error { return p.picture(ctx, "image") }

// SendSticker sends a sticker; the app sees it as an image.
func (p *Phone) SendSticker(ctx context.Context) error { return p.picture(ctx, "sticker") }

func (p *Phone) picture(ctx context.Context, kind string) error {
	id := p.media("image", kind+".gif", []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x07\xc1\x60\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"))
	return p.message(ctx, Shown{Kind: kind, MediaID: id}, "image",
		field{Name: "PicUrl", Text: "https://wework.example/pic/" + id}, field{Name: "MediaId", Text: id})
}

// SendVideo sends a video.
func (p *Phone) SendVideo(ctx context.Context) error {
	id := p.media("video", "video.mp4", []byte("sample of a video"))
	return p.message(ctx, Shown{Kind: "video", MediaID: id}, "video",
		field{Name: "MediaId", Text: id}, field{Name: "ThumbMediaId", Text: id})
}

// SendLocation sends a place.
func (p *Phone) SendLocation(ctx context.Context, label string, lat, lon float64) error {
	return p.message(ctx, Shown{Kind: "location", Text: label}, "location",
		field{Name: "Location_X", Raw: fmt.Sprintf("%.6f", lat)}, field{Name: "Location_Y", Raw: fmt.Sprintf("%.6f", lon)},
		field{Name: "Scale", Raw: "16"}, field{Name: "Label", Text: label}, field{Name: "AppType", Text: "wxwork"})
}

// SendLink forwards a page.
func (p *Phone) SendLink(ctx context.Context, title, description, url string) error {
	return p.message(ctx, Shown{Kind: "link", Title: title, Text: description, URL: url}, "link",
		field{Name: "Title", Text: title}, field{Name: "Description", Text: description},
		field{Name: "Url", Text: url}, field{Name: "PicUrl"})
}

func (p *Phone) media(kind, name string, data []byte) string {
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	return p.sim.addMedia(kind, name, data, p.sim.cfg.Now())
}

// message shows the person's own message and sends the callback.
func (p *Phone) message(ctx context.Context, own Shown, msgType string, fields ...field) error {
	s := p.sim
	s.mu.Lock()
	if e := p.left(); e != nil {
		s.mu.Unlock()
		return e
	}
	id := strconv.FormatUint(newMsgID(s.randomBytes(8)), 10)
	own.From = FromMe
	s.show(p.userID, own.forPhone(id, s.cfg.Now()))
	cb := s.newCallback(p.userID, msgType, "", append(fields, field{Name: "MsgId", Raw: id})...)
	cb.msgID, cb.accepts = id, acceptsMessage
	s.enqueue(cb)
	s.mu.Unlock()
	return s.await(ctx, cb)
}

// newMsgID is a positive 64-bit number.
func newMsgID(b []byte) uint64 {
	var n uint64
	for _, x := range b {
		n = n<<8 | uint64(x)
	}
	return n>>1 | 1<<62 // always 19 digits, as real ones are
}

// left refuses people who have left. The caller holds mu.
func (p *Phone) left() error {
	if _, gone := p.sim.dir.former[strings.ToLower(p.userID)]; gone {
		return ErrLeft
	}
	return nil
}

// Open opens the app's chat (enter_agent).
func (p *Phone) Open(ctx context.Context) error {
	return p.event(ctx, "enter_agent", field{Name: "EventKey"})
}

// Menu presses an entry of the menu bar by its key (click) or URL (view).
func (p *Phone) Menu(ctx context.Context, key string) error {
	event := "click"
	if strings.HasPrefix(key, "http://") || strings.HasPrefix(key, "https://") {
		event = "view"
		p.sim.mu.Lock()
		st := p.sim.phone(p.userID)
		st.opened = append(st.opened, key)
		p.sim.mu.Unlock()
	}
	return p.event(ctx, event, field{Name: "EventKey", Text: key})
}

func (p *Phone) event(ctx context.Context, event string, fields ...field) error {
	s := p.sim
	s.mu.Lock()
	if e := p.left(); e != nil {
		s.mu.Unlock()
		return e
	}
	cb := s.newCallback(p.userID, "event", event, fields...)
	cb.accepts = acceptsMessage
	s.enqueue(cb)
	s.mu.Unlock()
	return s.await(ctx, cb)
}

// SetPlugin switches to the WeChat plug-in: it shows neither cards nor markdown.
func (p *Phone) SetPlugin(on bool) {
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	st := p.sim.phone(p.userID)
	st.plugin = on
	st.rev++
	p.sim.notify()
}

// Messages is what the phone shows, oldest first.
func (p *Phone) Messages() []Shown {
	list, _, _ := p.Since(0)
	return list
}

// Since lists what is new or changed after a cursor, the next cursor, and
// whether the phone is a WeChat plug-in.
func (p *Phone) Since(cursor int64) (list []Shown, next int64, plugin bool) {
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	st := p.sim.phone(p.userID)
	list = []Shown{}
	for _, m := range st.shown {
		if m.Rev > cursor && (!st.plugin || m.inPlugin()) {
			list = append(list, *(*m).forPhone(m.MsgID, m.At))
		}
	}
	return list, st.rev, st.plugin
}

// Last is the newest message of the app, if there is one.
func (p *Phone) Last() (Shown, bool) {
	list := p.Messages()
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].From == FromApp {
			return list[i], true
		}
	}
	return Shown{}, false
}

// WaitFor waits until the phone shows a message that satisfies the test, now or
// later, and returns the newest such.
func (p *Phone) WaitFor(ctx context.Context, test func(Shown) bool) (Shown, error) {
	for {
		p.sim.mu.Lock()
		changed := p.sim.changed
		p.sim.mu.Unlock()
		list := p.Messages()
		for i := len(list) - 1; i >= 0; i-- {
			if test(list[i]) {
				return list[i], nil
			}
		}
		select {
		case <-ctx.Done():
			return Shown{}, fmt.Errorf("wecomsim: nothing like that on the phone of %s: %w", p.userID, ctx.Err())
		case <-changed:
		}
	}
}

// Opened lists the pages opened by URL buttons and menu entries.
func (p *Phone) Opened() []string {
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	return slices.Clone(p.sim.phone(p.userID).opened)
}
