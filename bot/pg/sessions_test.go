package pg_test

import (
	"fmt"
	"testing"
	"time"

	"qingfeng/bot/pg"
)

func TestSessionLastsEightHours(t *testing.T) {
	r, c := newRegister(t)
	ctx := t.Context()
	token, s, err := r.NewSession(ctx, "ZhangSan")
	ok(t, err)
	got, found, err := r.Session(ctx, token)
	ok(t, err)
	if !found || got.UserID != "zhangsan" || got.CSRF != s.CSRF || len(got.CSRF) < 20 || !got.Expires.Equal(c.now.Add(8*time.Hour)) {
		t.Errorf("%v %+v", found, got)
	}
	other, _, err := r.NewSession(ctx, "ZhangSan")
	ok(t, err)
	if other == token {
		t.Error("the same token twice")
	}
	var raw int
	ok(t, r.DB.Pool().QueryRow(ctx, `SELECT count(*) FROM web_session WHERE token_hash = $1`, []byte(token)).Scan(&raw))
	same(t, "the token itself is not stored", raw, 0)
	in := func(token string) bool {
		_, found, err := r.Session(ctx, token)
		ok(t, err)
		return found
	}
	ok(t, r.EndSession(ctx, other))
	same(t, "signed out, forged", fmt.Sprint(in(other), in("forged")), "false false")
	c.now = c.now.Add(pg.SessionFor - time.Second)
	same(t, "a second before", in(token), true)
	c.now = c.now.Add(time.Second)
	same(t, "after eight hours", in(token), false)
}

func TestOAuthStateWorksOnce(t *testing.T) {
	r, c := newRegister(t)
	ctx := t.Context()
	take := func(state string) string {
		target, found, err := r.TakeOAuthState(ctx, state)
		ok(t, err)
		return fmt.Sprint(target, " ", found)
	}
	state := must(t, r.NewOAuthState)(ctx, "/my/7")
	late := must(t, r.NewOAuthState)(ctx, "/my/8")
	same(t, "first", take(state), "/my/7 true")
	same(t, "second", take(state), " false")
	c.now = c.now.Add(pg.OAuthStateFor)
	same(t, "too late", take(late), " false")
	same(t, "forged", take("forged"), " false")
}

func TestSettingsAndThrottles(t *testing.T) {
	r, c := newRegister(t)
	ctx := t.Context()
	_, found, err := r.Setting(ctx, "a")
	same(t, "unset", fmt.Sprint(found, err), "false <nil>")
	ok(t, r.SetSetting(ctx, "a", "1"))
	ok(t, r.SetSetting(ctx, "a", "2"))
	v, found, err := r.Setting(ctx, "a")
	same(t, "set", fmt.Sprint(v, " ", found, err), "2 true <nil>")

	may := func(key string) bool {
		yes, err := r.Allow(ctx, key, time.Hour)
		ok(t, err)
		return yes
	}
	same(t, "first, again, somebody else", fmt.Sprint(may("welcome:1"), may("welcome:1"), may("welcome:2")), "true false true")
	c.now = c.now.Add(time.Hour)
	same(t, "an hour later", may("welcome:1"), true)
}
