package wecomsim

import "slices"

// MenuButton is an entry of the menu bar below the chat; an entry with SubButton
// only opens them.
type MenuButton struct {
	Type      string       `json:"type,omitempty"`
	Name      string       `json:"name"`
	Key       string       `json:"key,omitempty"`
	URL       string       `json:"url,omitempty"`
	PagePath  string       `json:"pagepath,omitempty"`
	AppID     string       `json:"appid,omitempty"`
	SubButton []MenuButton `json:"sub_button,omitempty"`
}

// menuTypes are the entry types the public API knows.
func menuTypes() []string {
	return []string{
		"click", "view", "scancode_push", "scancode_waitmsg", "pic_sysphoto",
		"pic_photo_or_album", "pic_weixin", "location_select", "view_miniprogram",
	}
}

func (s *Sim) menuCreate(c *call) (reply, *apiError) {
	if e := s.agentQuery(c); e != nil {
		return reply{}, e
	}
	var req struct {
		Button []MenuButton `json:"button"`
	}
	if e := s.decode(c, &req); e != nil {
		return reply{}, e
	}
	if e := checkMenu(req.Button, 3, 16); e != nil {
		s.violate(c.path, e.msg)
		return reply{}, e
	}
	s.menu = req.Button
	s.notify()
	return ok(nil)
}

// checkMenu allows 3 entries of 16 bytes, each with up to 5 of 40 bytes.
func checkMenu(list []MenuButton, most, nameBytes int) *apiError {
	if len(list) < 1 || len(list) > most {
		return fail(40016, "menu needs 1 to %d buttons", most)
	}
	for _, b := range list {
		if b.Name == "" || len(b.Name) > nameBytes {
			return fail(40018, "menu name %q must be 1 to %d bytes", b.Name, nameBytes)
		}
		if len(b.SubButton) > 0 {
			if most != 3 {
				return fail(40023, "menu has two levels at most")
			}
			if e := checkMenu(b.SubButton, 5, 40); e != nil {
				return e
			}
			continue
		}
		switch {
		case !slices.Contains(menuTypes(), b.Type):
			return fail(40017, "menu type %q unknown", b.Type)
		case b.Type == "view" && (b.URL == "" || len(b.URL) > 1024 || checkURL("url", b.URL) != nil):
			return fail(40020, "menu url invalid")
		case b.Type != "view" && b.Type != "view_miniprogram" && (b.Key == "" || len(b.Key) > 128):
			return fail(40019, "menu key must be 1 to 128 bytes")
		}
	}
	return nil
}

func (s *Sim) menuGet(c *call) (reply, *apiError) {
	if e := s.agentQuery(c); e != nil {
		return reply{}, e
	}
	if s.menu == nil {
		return reply{}, fail(46003, "menu not exist")
	}
	return ok(map[string]any{"button": s.menu})
}

func (s *Sim) menuDelete(c *call) (reply, *apiError) {
	if e := s.agentQuery(c); e != nil {
		return reply{}, e
	}
	s.menu = nil
	s.notify()
	return ok(nil)
}
