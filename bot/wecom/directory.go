package wecom

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/silenceper/wechat/v2/work/addresslist"
	sdkcontext "github.com/silenceper/wechat/v2/work/context"
	"github.com/silenceper/wechat/v2/work/material"

	"qingfeng/bot"
)

// Member is a person as the address book shows them to the app. What the tenant
// withholds is empty: mobile and e-mail always, the name perhaps.
type Member struct {
	ID          bot.UserID
	Name        string
	Position    string
	Departments []int
	Status      int // 1 active, 2 disabled, 4 not activated, 5 left; 0 unknown
}

// Department is a node of the unit's tree; ParentID 0 or absent from the list: a root.
type Department struct {
	ID, ParentID int
	Name         string
}

// Departments lists the departments in the app's visible range.
func (c *Client) Departments(ctx context.Context) ([]Department, error) {
	var out []Department
	err := c.viaSDK(ctx, "department/list", callTimeout, func(sc *sdkcontext.Context) error {
		list, err := addresslist.NewClient(sc).DepartmentList()
		out = out[:0]
		for _, d := range list {
			if d != nil {
				out = append(out, Department{ID: d.ID, ParentID: d.ParentID, Name: d.Name})
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// User reads one member.
func (c *Client) User(ctx context.Context, id bot.UserID) (Member, error) {
	var m Member
	err := c.viaSDK(ctx, "user/get", callTimeout, func(sc *sdkcontext.Context) error {
		u, err := addresslist.NewClient(sc).UserGet(url.QueryEscape(string(id)))
		if err == nil {
			m = Member{ID: bot.UserID(u.UserID), Name: u.Name, Position: u.Position, Departments: u.Department, Status: u.Status}
		}
		return err
	})
	return m, err
}

// Members lists who can use the app, each once. It walks the departments, which
// brings names; where that is not allowed it takes ids from user/list_id; where that
// is not allowed either, the persons named in the visible range.
func (c *Client) Members(ctx context.Context) ([]Member, error) {
	list, err := c.membersByDepartment(ctx)
	if denied(err) {
		list, err = c.memberIDs(ctx)
	}
	if denied(err) {
		var r Range
		r, err = c.VisibleRange(ctx)
		for _, id := range r.Users {
			list.add(Member{ID: id})
		}
	}
	if err != nil {
		return nil, err
	}
	return list.members, nil
}

// denied: the code means "this app may not ask that", not "it failed".
func denied(err error) bool {
	switch Code(err) {
	case 48002, 60011, 60003, 60123, 301002:
		return true
	}
	return false
}

type memberSet struct {
	at      map[string]int
	members []Member
}

func (s *memberSet) add(m Member) {
	if i, ok := s.at[m.ID.Key()]; ok {
		s.members[i].Departments = append(s.members[i].Departments, m.Departments...)
		return
	}
	if s.at == nil {
		s.at = map[string]int{}
	}
	s.at[m.ID.Key()] = len(s.members)
	s.members = append(s.members, m)
}

func (c *Client) membersByDepartment(ctx context.Context) (memberSet, error) {
	var set memberSet
	departments, err := c.Departments(ctx)
	if err != nil {
		return set, err
	}
	for _, d := range departments {
		err := c.viaSDK(ctx, "user/simplelist", callTimeout, func(sc *sdkcontext.Context) error {
			list, err := addresslist.NewClient(sc).UserSimpleList(d.ID)
			if err != nil {
				return err
			}
			for _, u := range list {
				if u != nil {
					set.add(Member{ID: bot.UserID(u.UserID), Name: u.Name, Departments: []int{d.ID}})
				}
			}
			return nil
		})
		if err != nil {
			return memberSet{}, err
		}
	}
	return set, nil
}

func (c *Client) memberIDs(ctx context.Context) (memberSet, error) {
	var set memberSet
	for cursor, more := "", true; more; {
		err := c.viaSDK(ctx, "user/list_id", callTimeout, func(sc *sdkcontext.Context) error {
			page, err := addresslist.NewClient(sc).UserListID(&addresslist.UserListIDRequest{Cursor: cursor, Limit: 10000})
			if err != nil {
				return err
			}
			for _, u := range page.DeptUser {
				if u != nil {
					set.add(Member{ID: bot.UserID(u.UserID), Departments: []int{u.Department}})
				}
			}
			more = page.NextCursor != "" && page.NextCursor != cursor
			cursor = page.NextCursor
			return nil
		})
		if err != nil {
			return memberSet{}, err
		}
	}
	return set, nil
}

// Range is whom the app may see and write to.
type Range struct {
	Users       []bot.UserID
	Departments []int
	Tags        []int
	Closed      bool // the app is disabled
}

// VisibleRange asks agent/get; doctor and the nightly reconcile use it.
func (c *Client) VisibleRange(ctx context.Context) (Range, error) {
	var out struct {
		Close int `json:"close"`
		Users struct {
			List []struct {
				ID bot.UserID `json:"userid"`
			} `json:"user"`
		} `json:"allow_userinfos"`
		Parties struct {
			IDs []int `json:"partyid"`
		} `json:"allow_partys"`
		Tags struct {
			IDs []int `json:"tagid"`
		} `json:"allow_tags"`
	}
	if err := c.call(ctx, http.MethodGet, "agent/get", c.agentQuery(), nil, &out); err != nil {
		return Range{}, err
	}
	r := Range{Departments: out.Parties.IDs, Tags: out.Tags.IDs, Closed: out.Close != 0}
	for _, u := range out.Users.List {
		r.Users = append(r.Users, u.ID)
	}
	return r, nil
}

// CallbackIPs are the ranges WeCom calls us from; they change, refresh daily.
func (c *Client) CallbackIPs(ctx context.Context) ([]string, error) {
	var out struct {
		IPs []string `json:"ip_list"`
	}
	err := c.call(ctx, http.MethodGet, "getcallbackip", nil, nil, &out)
	return out.IPs, err
}

// MenuButton is an entry of the app's menu: a Key (click), a URL (view) or up to five
// Sub entries. At most three at the top; names ≤ 16 bytes at the top, 40 below.
type MenuButton struct {
	Name, Key, URL string
	Sub            []MenuButton
}

type menuJSON struct {
	Type string     `json:"type,omitempty"`
	Name string     `json:"name"`
	Key  string     `json:"key,omitempty"`
	URL  string     `json:"url,omitempty"`
	Sub  []menuJSON `json:"sub_button,omitempty"`
}

// Menu replaces the app's menu.
func (c *Client) Menu(ctx context.Context, buttons []MenuButton) error {
	list, err := menuList(buttons, 3, 16)
	if err != nil {
		return err
	}
	return c.post(ctx, "menu/create", c.agentQuery(), map[string]any{"button": list}, nil)
}

func menuList(buttons []MenuButton, most, nameBytes int) ([]menuJSON, error) {
	if len(buttons) == 0 || len(buttons) > most {
		return nil, errors.New("wecom: menu: too many or too few entries")
	}
	out := make([]menuJSON, 0, len(buttons))
	for _, b := range buttons {
		m := menuJSON{Name: b.Name, Key: b.Key, URL: b.URL}
		switch {
		case b.Name == "" || len(b.Name) > nameBytes:
			return nil, errors.New("wecom: menu: name empty or too long")
		case len(b.Sub) > 0 && most == 3:
			sub, err := menuList(b.Sub, 5, 40)
			if err != nil {
				return nil, err
			}
			m.Sub, m.Key, m.URL = sub, "", ""
		case b.URL != "" && len(b.URL) <= 1024:
			m.Type, m.Key = "view", ""
		case b.Key != "" && len(b.Key) <= 128:
			m.Type = "click"
		default:
			return nil, errors.New("wecom: menu: entry without key or url")
		}
		out = append(out, m)
	}
	return out, nil
}

// Upload keeps a file (image, voice, video, file) for three days and returns its media id.
func (c *Client) Upload(ctx context.Context, kind, name string, data []byte) (string, error) {
	var id string
	err := c.viaSDK(ctx, "media/upload", time.Minute, func(sc *sdkcontext.Context) error {
		r, err := material.NewClient(sc).UploadTempFileFromReader(name, url.QueryEscape(kind), bytes.NewReader(data))
		if err == nil {
			id = r.MediaID
		}
		return err
	})
	return id, err
}
