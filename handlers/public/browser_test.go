package public_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"qingfeng/bot/notice"
	"qingfeng/bot/opinion"
	"qingfeng/handlers/public"
)

// phone is a small phone's browser in front of the listener.
type phone struct {
	*hall
	ctx    context.Context
	url    string
	mu     sync.Mutex
	bodies map[string][]int // sizes of what was posted, by path
	asked  []string         // every address that was loaded
	said   []string         // complaints of the browser
}

func newPhone(t *testing.T, scripts bool) *phone {
	t.Helper()
	p := &phone{hall: newHall(t), bodies: map[string][]int{}}
	p.price = 20_000
	p.serve(nil)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			raw, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			p.mu.Lock()
			p.bodies[r.URL.Path] = append(p.bodies[r.URL.Path], len(raw))
			p.mu.Unlock()
			r.Body = io.NopCloser(strings.NewReader(string(raw)))
		}
		p.h.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	p.url = srv.URL
	alloc, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)...)
	t.Cleanup(stop)
	tab, closeTab := chromedp.NewContext(alloc)
	t.Cleanup(closeTab)
	tab, cancel := context.WithTimeout(tab, 2*time.Minute)
	t.Cleanup(cancel)
	p.ctx = tab
	chromedp.ListenTarget(tab, func(ev any) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch e := ev.(type) {
		case *network.EventRequestWillBeSent:
			p.asked = append(p.asked, e.Request.URL)
		case *network.EventResponseReceived:
			if len(e.Response.Headers) == 0 {
				p.said = append(p.said, "an answer without headers")
			}
		}
	})
	p.do(network.Enable(), emulation.SetScriptExecutionDisabled(!scripts), chromedp.EmulateViewport(320, 640))
	return p
}

func (p *phone) do(actions ...chromedp.Action) {
	p.t.Helper()
	if err := chromedp.Run(p.ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

func (p *phone) text(sel string) (out string) {
	p.t.Helper()
	p.do(chromedp.WaitVisible(sel, chromedp.ByQuery), chromedp.Text(sel, &out, chromedp.ByQuery))
	return strings.TrimSpace(out)
}

func (p *phone) eval(js string) (out string) {
	p.t.Helper()
	p.do(chromedp.Evaluate("String("+js+")", &out))
	return out
}

// fits checks what every page has to be on a small phone, and takes its picture when asked.
func (p *phone) fits(what string) {
	p.t.Helper()
	if w := p.eval(`document.documentElement.scrollWidth`); w != "320" {
		p.t.Errorf("%s is %s wide", what, w)
	}
	if bad := p.eval(`Array.prototype.filter.call(document.querySelectorAll('a.big,button,summary,select,textarea,input:not([type=hidden]):not([type=radio]):not([type=checkbox]),label.o'),function(x){var r=x.getBoundingClientRect();return r.height>0&&r.height<44}).map(function(x){return x.outerHTML.slice(0,80)}).join('\n')`); bad != "" {
		p.t.Errorf("%s: too small to tap:\n%s", what, bad)
	}
	if bad := p.eval(`Array.prototype.filter.call(document.querySelectorAll('textarea,select,input:not([type=hidden])'),function(x){return !x.labels||!x.labels.length}).map(function(x){return x.outerHTML.slice(0,80)}).join('\n')`); bad != "" {
		p.t.Errorf("%s: without a label:\n%s", what, bad)
	}
	if bad := p.eval(`(function(){var last=0,bad='';document.querySelectorAll('h1,h2,h3,h4').forEach(function(h){var n=+h.tagName[1];if(n>last+1)bad+=h.outerHTML;last=n});return bad})()`); bad != "" {
		p.t.Errorf("%s: headings out of order: %s", what, bad)
	}
	if lang := p.eval(`document.documentElement.lang`); lang != "zh-CN" {
		p.t.Errorf("%s: language %q", what, lang)
	}
	if dir := os.Getenv("PUBLIC_SHOTS"); dir != "" {
		var shot []byte
		p.do(chromedp.FullScreenshot(&shot, 100))
		if err := os.WriteFile(filepath.Join(dir, what+".png"), shot, 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
}

// kept checks that the browser keeps nothing and asked nobody else.
func (p *phone) keepsNothing() {
	p.t.Helper()
	p.mu.Lock()
	asked, said := p.asked, p.said
	p.mu.Unlock()
	for _, a := range asked {
		if !strings.HasPrefix(a, p.url) || strings.Contains(a, "?") {
			p.t.Errorf("the browser asked for %s", a)
		}
	}
	for _, s := range said {
		p.t.Error(s)
	}
	if got := p.eval(`document.cookie+localStorage.length+sessionStorage.length`); got != "00" {
		p.t.Errorf("the browser keeps %s", got)
	}
}

// formPage stands on the page that is a form and nothing else.
const formPage = `main > p > a.big[href^="/n/"]`

// code is the receipt as it is shown.
func (p *phone) code() string { return p.text("#code") }

func TestAnOpinionOnASmallPhone(t *testing.T) {
	for _, scripts := range []bool{false, true} {
		t.Run(fmt.Sprintf("scripts %v", scripts), func(t *testing.T) {
			p := newPhone(t, scripts)
			name := func(s string) string { return map[bool]string{false: "plain-", true: "script-"}[scripts] + s }
			p.do(chromedp.Navigate(p.url+"/n/"+noticeCode), chromedp.WaitVisible("h1", chromedp.ByQuery))
			p.fits(name("notice"))
			p.do(chromedp.Click(`#p3 button`, chromedp.ByQuery), chromedp.WaitVisible(map[bool]string{false: formPage, true: `form.say textarea`}[scripts], chromedp.ByQuery))
			if got := p.eval(`document.querySelector('#point').value`); got != "3" {
				t.Fatalf("tapping a point chose %s", got)
			}
			p.fits(name("chosen"))
			if scripts {
				if got := p.eval(`document.activeElement.id`); got != "text" {
					t.Errorf("the cursor is in %q", got)
				}
				if n := len(p.bodies["/f"]); n != 0 {
					t.Error("a tap was sent")
				}
			}
			// Without a word first: it says what is missing and where.
			if !scripts {
				p.do(chromedp.SendKeys(`#answer`, solve(t, question(p.text(".ask label"))), chromedp.ByQuery))
			}
			p.do(chromedp.Click(`form.say button.go`, chromedp.ByQuery), chromedp.WaitVisible(`#wrong`, chromedp.ByQuery))
			p.fits(name("empty"))
			if got := p.text("#wrong"); !strings.Contains(got, "还没有写字") {
				t.Errorf("it says %s", got)
			}
			if scripts {
				if got := p.eval(`document.activeElement.id`); got != "wrong" {
					t.Errorf("the reader is at %q", got)
				}
			}
			p.do(chromedp.SendKeys(`#text`, "屏幕坏了两周了", chromedp.ByQuery), chromedp.Click(`form.say button.go`, chromedp.ByQuery))
			code := p.code()
			p.fits(name("receipt"))
			if scripts {
				p.do(chromedp.Click(`#copy`, chromedp.ByQuery))
				if said := p.text("#copied"); !strings.Contains(said, "复制") {
					t.Errorf("copying says %q", said)
				}
			}
			x := p.night()[0]
			if x.Point != 3 || p.reads(p.office, x.Body) != "屏幕坏了两周了" {
				t.Errorf("%+v", x)
			}
			p.answers(x.Selector, "屏幕已经修好。\n以后每天早上检查一次，谢谢您。")
			p.do(chromedp.Click(`a[href="/r"]`, chromedp.ByQuery), chromedp.WaitVisible(`#receipt`, chromedp.ByQuery))
			p.fits(name("lookup"))
			p.do(chromedp.SendKeys(`#receipt`, "abcd", chromedp.ByQuery), chromedp.Click(`button.go`, chromedp.ByQuery), chromedp.WaitVisible(`#wrong`, chromedp.ByQuery))
			p.fits(name("slip"))
			p.eval(`document.querySelector('#receipt').value=''`)
			p.do(chromedp.SendKeys(`#receipt`, strings.ToLower(code), chromedp.ByQuery), chromedp.Click(`button.go`, chromedp.ByQuery))
			if got := p.text(".said"); !strings.Contains(got, "已经修好") {
				t.Errorf("the answer is %s", got)
			}
			p.fits(name("answer"))
			if !scripts {
				p.do(chromedp.SendKeys(`#answer`, solve(t, question(p.text(".ask label"))), chromedp.ByQuery))
			}
			p.do(chromedp.SendKeys(`#text`, "又坏了", chromedp.ByQuery), chromedp.Click(`button.go`, chromedp.ByQuery), chromedp.WaitVisible(`[role=status] strong`, chromedp.ByQuery))
			if x := p.night()[0]; x.What != opinion.NewLine || p.reads(p.office, x.Body) != "又坏了" {
				t.Errorf("%+v", x)
			}
			p.fits(name("line"))
			p.keepsNothing()
			if scripts {
				for path, sizes := range p.bodies {
					for _, n := range sizes {
						if n != public.PadSize {
							t.Errorf("%s was sent %d bytes: %v", path, n, p.bodies)
						}
					}
				}
			}
		})
	}
}

// question is the sum in a label.
func question(label string) string {
	_, q, _ := strings.Cut(label, "：")
	q, _, _ = strings.Cut(q, "等于")
	return q
}

func TestAReportOnASmallPhoneFindsTheSealedBox(t *testing.T) {
	p := newPhone(t, true)
	p.do(chromedp.Navigate(p.url+"/n/"+tipsCode), chromedp.WaitVisible("h1", chromedp.ByQuery),
		chromedp.Click(`summary`, chromedp.ByQuery), chromedp.WaitVisible(`button[value=tip]`, chromedp.ByQuery))
	p.fits("tips-notice")
	p.do(chromedp.SendKeys(`#text`, "我看见王强收了红包", chromedp.ByQuery), chromedp.Click(`form.say button.go`, chromedp.ByQuery), chromedp.WaitVisible(`button[value=sure]`, chromedp.ByQuery))
	p.fits("report")
	p.do(chromedp.Click(`button[value=tip]`, chromedp.ByQuery))
	p.code()
	p.fits("tip-receipt")
	if x := p.night()[0]; x.Door != opinion.Discipline || p.reads(p.discipline, x.Body) != "我看见王强收了红包" {
		t.Errorf("%+v", x)
	}
	p.do(chromedp.Navigate(p.url+"/n/"+tipsCode), chromedp.Click(`summary`, chromedp.ByQuery), chromedp.WaitVisible(`button[value=tip]`, chromedp.ByQuery),
		chromedp.Click(`button[value=tip]`, chromedp.ByQuery), chromedp.WaitVisible(formPage, chromedp.ByQuery))
	p.fits("tip-form")
	p.do(chromedp.Navigate(p.url+"/s/"+surveyCode), chromedp.WaitVisible("h1", chromedp.ByQuery))
	p.fits("survey")
	p.do(chromedp.Click("button.go", chromedp.ByQuery), chromedp.WaitVisible("#wrong", chromedp.ByQuery))
	p.fits("survey-gaps")
	p.keepsNothing()
	e := p.published[endedCode]
	e.State, e.Newer = notice.Corrected, noticeCode
	p.published[endedCode] = e
	p.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}),
		chromedp.Navigate(p.url+"/n/"+endedCode), chromedp.WaitVisible("h1", chromedp.ByQuery))
	p.fits("dark-ended")
	p.do(chromedp.Navigate(p.url+"/n/"+imageCode), chromedp.WaitVisible("h1", chromedp.ByQuery))
	p.fits("dark-images")
}

// With Tab and Enter alone, without scripts: from the scanned page to the answer.
func TestTabAndEnterAreEnough(t *testing.T) {
	p := newPhone(t, false)
	key := func(k string) { p.do(chromedp.KeyEvent(k)) }
	typed := func(s string) {
		p.do(chromedp.ActionFunc(func(ctx context.Context) error { return input.InsertText(s).Do(ctx) }))
	}
	// tab goes on until something that matches has the cursor, and checks that it shows.
	tab := func(sel string) {
		t.Helper()
		for range 80 {
			key(kb.Tab)
			if p.eval(`document.activeElement.matches('`+sel+`')`) == "true" {
				if p.eval(`getComputedStyle(document.activeElement).outlineStyle`) == "none" {
					t.Errorf("%s has the cursor and does not show it", sel)
				}
				return
			}
		}
		t.Fatalf("Tab never comes to %s", sel)
	}
	shows := func(sel string) { t.Helper(); p.do(chromedp.WaitVisible(sel, chromedp.ByQuery)) }
	p.do(chromedp.Navigate(p.url + "/n/" + noticeCode))
	shows("h1")
	tab(`#p2 button`)
	key(kb.Enter)
	shows(formPage)
	tab("#text")
	typed("没有人到场")
	q := question(p.text(".ask label"))
	tab("#answer")
	typed(solve(t, q))
	key(kb.Enter)
	code := p.code()
	x := p.night()[0]
	if x.Point != 2 || p.reads(p.office, x.Body) != "没有人到场" {
		t.Fatalf("%+v", x)
	}
	p.answers(x.Selector, "已经改了")
	tab(`a[href="/r"]`)
	key(kb.Enter)
	shows("#receipt")
	tab("#receipt")
	typed(code)
	key(kb.Enter)
	if got := p.text(".said"); got != "已经改了" {
		t.Errorf("the answer is %q", got)
	}
}

// A phone that is slow: whoever presses too early waits, is told so, and nothing is asked
// twice; without the sum the question is still there.
func TestWhoIsFasterThanTheirPhoneIsToldAndNeedNotPressAgain(t *testing.T) {
	p := newPhone(t, true)
	p.price = 400_000
	p.do(chromedp.Navigate(p.url+"/n/"+noticeCode), chromedp.WaitVisible("#text", chromedp.ByQuery),
		emulation.SetCPUThrottlingRate(6),
		chromedp.SendKeys(`#text`, "快", chromedp.ByQuery), chromedp.Click(`form.say button.go`, chromedp.ByQuery))
	p.code()
	if len(p.held) != 1 || len(p.bodies["/f"]) != 1 {
		t.Errorf("%d held, %v sent", len(p.held), p.bodies)
	}
}
