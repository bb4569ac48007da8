package web_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// In a real browser: without a script the draft is there while it is checked, and gone
// once the checked answer is.
func TestTheCheckedAnswerTakesThePlaceOfTheDraft(t *testing.T) {
	w := newWorld(t)
	w.adds(forAll(), "礼品.txt", giftRule)
	m := w.model("收到无法退还的礼品礼金，应当在五个工作日内向纪检组登记上交[1]。", "逾期的罚款九千元[1]。")
	m.gate = make(chan struct{})
	wang := w.as("wang")
	at, err := url.Parse(w.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	alloc, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)...)
	defer stop()
	tab, closeTab := chromedp.NewContext(alloc)
	defer closeTab()
	tab, cancel := context.WithTimeout(tab, time.Minute)
	defer cancel()
	const ask = `document.querySelector('[name=q]').value = '` + giftQuestion + `'; setTimeout(() => document.querySelector('.askbox button').click(), 10)`
	display := func(of string) string { return `getComputedStyle(document.querySelector('` + of + `')).display` }
	var draft, hidden, checked string
	err = chromedp.Run(tab,
		chromedp.ActionFunc(func(ctx context.Context) error {
			for _, c := range wang.http.Jar.Cookies(at) {
				if err := network.SetCookie(c.Name, c.Value).WithURL(w.server.URL).Do(ctx); err != nil {
					return err
				}
			}
			return nil
		}),
		chromedp.Navigate(w.server.URL+"/ask"), chromedp.Evaluate(ask, nil),
		chromedp.ActionFunc(func(context.Context) error { m.gate <- struct{}{}; return nil }),
		chromedp.Poll(`document.querySelector('.draft')?.textContent.includes('礼品礼金') && `+display(".provisional"), &draft),
		chromedp.ActionFunc(func(context.Context) error { m.gate <- struct{}{}; return nil }),
		chromedp.Poll(`document.querySelector('.checked .sources') && `+display(".provisional")+` == 'none' && 'none'`, &hidden),
		chromedp.Evaluate(`document.querySelector('.checked').innerText`, &checked),
	)
	if err != nil {
		t.Fatal(err)
	}
	if draft != "block" || hidden != "none" {
		t.Errorf("the draft is shown as %q and then as %q", draft, hidden)
	}
	if want := "五个工作日内向纪检组登记上交"; !strings.Contains(checked, want) {
		t.Errorf("the checked answer lacks %q: %s", want, checked)
	}
}
