package wecomsim

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// passiveReply is the plaintext of a passive reply.
type passiveReply struct {
	XMLName      xml.Name     `xml:"xml"`
	ToUserName   string       `xml:"ToUserName"`
	FromUserName string       `xml:"FromUserName"`
	CreateTime   int64        `xml:"CreateTime"`
	MsgType      string       `xml:"MsgType"`
	Content      string       `xml:"Content"`
	Image        passiveMedia `xml:"Image"`
	Voice        passiveMedia `xml:"Voice"`
	Video        passiveMedia `xml:"Video"`
	ArticleCount int          `xml:"ArticleCount"`
	Articles     []Article    `xml:"Articles>item"`
	Button       *struct {
		ReplaceName string `xml:"ReplaceName"`
	} `xml:"Button"`
	TemplateCard *Card `xml:"TemplateCard"`
}

type passiveMedia struct {
	MediaID     string `xml:"MediaId"`
	Title       string `xml:"Title"`
	Description string `xml:"Description"`
}

// applyPassive verifies and applies what the app wrote into the 200, and returns
// its MsgType. An empty body, or the word success, means no reply. Anything wrong
// is ignored, as WeCom does, and noted. The caller holds mu.
func (s *Sim) applyPassive(cb *callback, body []byte) string {
	body = bytes.TrimSpace(body)
	if len(body) == 0 || string(body) == "success" {
		return ""
	}
	bad := func(why string) string {
		s.violate("passive reply", cb.kind+": "+why)
		return ""
	}
	var sealed sealedReply
	if err := xml.Unmarshal(body, &sealed); err != nil {
		return bad("not the XML envelope")
	}
	if !s.env.verify(sealed.MsgSignature, sealed.TimeStamp, sealed.Nonce, sealed.Encrypt) {
		return bad("wrong signature")
	}
	plain, err := s.env.decrypt(sealed.Encrypt)
	if err != nil {
		return bad(err.Error())
	}
	var r passiveReply
	if err := xml.Unmarshal(plain, &r); err != nil {
		return bad("plaintext is not XML")
	}
	if !sameUser(r.ToUserName, cb.userID) || r.FromUserName != s.cfg.CorpID || r.CreateTime == 0 {
		return bad("ToUserName must be the member, FromUserName the corp, CreateTime set")
	}
	if strings.HasPrefix(r.MsgType, "update_") {
		return s.passiveUpdate(cb, &r, bad)
	}
	if cb.accepts != acceptsMessage && cb.accepts != acceptsBoth {
		return bad(r.MsgType + " is not accepted here")
	}
	shown := Shown{From: FromApp, Kind: r.MsgType}
	switch r.MsgType {
	case "text":
		if r.Content == "" {
			return bad("empty text")
		}
		shown.Text = s.cut("passive reply", "Content", r.Content, textMax)
	case "image", "voice", "video":
		media := map[string]passiveMedia{"image": r.Image, "voice": r.Voice, "video": r.Video}[r.MsgType]
		var e *apiError
		if shown, e = s.checkMedia(shown, media.MediaID); e != nil {
			return bad(e.msg)
		}
		shown.Title, shown.Text = media.Title, media.Description
	case "news":
		if r.ArticleCount != len(r.Articles) || len(r.Articles) == 0 || len(r.Articles) > newsMax {
			return bad("ArticleCount and Articles do not match")
		}
		shown.Articles = r.Articles
	default:
		return bad("MsgType " + r.MsgType + " unknown")
	}
	s.show(cb.userID, shown.forPhone(s.random(24), s.cfg.Now()))
	return r.MsgType
}

// passiveUpdate changes the clicked card on the phone of the person who clicked.
func (s *Sim) passiveUpdate(cb *callback, r *passiveReply, bad func(string) string) string {
	if cb.accepts != acceptsCard && cb.accepts != acceptsBoth || cb.cardMsg == "" {
		return bad(r.MsgType + " is not accepted here")
	}
	switch {
	case r.MsgType == "update_button" && r.Button != nil && r.Button.ReplaceName != "":
		s.applyUpdate(cb.userID, cb.cardMsg, &replaceBody{ReplaceName: r.Button.ReplaceName}, nil)
	case r.MsgType == "update_template_card" && r.TemplateCard != nil:
		warnings, e := s.checkCard(r.TemplateCard, cardPassive)
		for _, w := range warnings {
			s.warn("passive reply", w)
		}
		if e != nil {
			return bad(e.msg)
		}
		s.applyUpdate(cb.userID, cb.cardMsg, nil, r.TemplateCard)
	default:
		return bad(r.MsgType + " is incomplete")
	}
	return r.MsgType
}
