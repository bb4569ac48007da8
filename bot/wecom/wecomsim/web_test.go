package wecomsim

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browser opens the web chat in a headless Chromium.
func (r *rig) browser(path string) context.Context {
	r.t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox) // CI runs as root
	alloc, stop := chromedp.NewExecAllocator(r.t.Context(), options...)
	r.t.Cleanup(stop)
	tab, closeTab := chromedp.NewContext(alloc)
	r.t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(tab, 60*time.Second)
	r.t.Cleanup(cancel)
	if err := chromedp.Run(ctx, chromedp.EmulateViewport(1280, 860), chromedp.Navigate(r.url+path)); err != nil {
		r.t.Fatal(err)
	}
	return ctx
}

// sees waits until a JavaScript condition holds on the page.
func (r *rig) sees(ctx context.Context, condition string) {
	r.t.Helper()
	var yes bool
	if err := chromedp.Run(ctx, chromedp.Poll(condition, &yes, chromedp.WithPollingTimeout(10*time.Second))); err != nil {
		r.t.Fatalf("never saw %s: %v", condition, err)
	}
}

// page does actions one after the other. The page may draw itself anew between the
// finding of a node and the action on it: then the action is tried again.
func (r *rig) page(ctx context.Context, actions ...chromedp.Action) {
	r.t.Helper()
	for _, action := range actions {
		err := chromedp.Run(ctx, action)
		for try := 0; try < 5 && err != nil && strings.Contains(err.Error(), "with given id"); try++ {
			err = chromedp.Run(ctx, action)
		}
		if err != nil {
			r.t.Fatal(err)
		}
	}
}

const inFirst = `document.querySelectorAll('.slot')[0].innerText.includes`

func TestTwoPhonesOfTheWebChatAreLiveSideBySide(t *testing.T) {
	r := newRig(t, nil).login()
	r.post(sendPath, cardTo("lisi|zhangsan", buttonCard("T1")))
	ctx := r.browser("/sim/")
	r.sees(ctx, `document.querySelectorAll('.person').length === 4`)
	r.page(ctx, chromedp.SendKeys("#search", "李四", chromedp.ByQuery))
	r.sees(ctx, `document.querySelectorAll('.person').length === 1`)
	r.page(ctx, chromedp.Click(".person", chromedp.ByQuery))
	r.sees(ctx, inFirst+`('请审核')`)
	r.page(ctx, chromedp.Evaluate(`document.querySelector('#search').value=''`, nil), chromedp.SendKeys("#search", "主任", chromedp.ByQuery))
	r.sees(ctx, `document.querySelectorAll('.person').length === 1`)
	r.page(ctx, chromedp.Click(".person", chromedp.ByQuery))
	r.sees(ctx, `document.querySelectorAll('.slot').length === 2`)

	r.page(ctx, chromedp.SendKeys(".slot .line textarea", "第一行 <b>不是标签</b>\r", chromedp.ByQuery))
	r.sees(ctx, inFirst+`('第一行 <b>不是标签</b>')`)
	if in := r.last(); in.FromUserName != "lisi" || in.Content != "第一行 <b>不是标签</b>" {
		t.Errorf("%+v", in)
	}

	r.reply(func(in inbound) (int, string) {
		return 200, r.passive(in.FromUserName, "<MsgType>update_button</MsgType><Button><ReplaceName>已同意</ReplaceName></Button>")
	})
	r.page(ctx, chromedp.Click(".slot .acts .btn", chromedp.ByQuery))
	r.sees(ctx, `document.querySelectorAll('.slot')[0].querySelector('.acts .btn').disabled`)
	r.sees(ctx, `!document.querySelectorAll('.slot')[1].querySelector('.acts .btn').disabled`)
	if in := r.last(); in.EventKey != "ok" || in.FromUserName != "lisi" {
		t.Errorf("%+v", in)
	}

	r.page(ctx, chromedp.Click(".slot .owner input", chromedp.ByQuery))
	r.sees(ctx, `!`+inFirst+`('请审核')`)
	r.page(ctx, chromedp.Click(".slot .owner input", chromedp.ByQuery))
	r.sees(ctx, inFirst+`('请审核')`)
}

func TestVotesAndSelectorsOfTheWebChatSubmit(t *testing.T) {
	r := newRig(t, nil).login()
	r.post(sendPath, cardTo("lisi", voteCard("T1")))
	ctx := r.browser("/sim/#lisi")
	r.sees(ctx, `document.querySelectorAll('.opt input').length === 3`)
	// One evaluation an action: the page may draw itself anew between finding and clicking.
	r.page(ctx, chromedp.Evaluate(`document.querySelector('.opt:nth-child(2) input').click()`, nil),
		chromedp.Evaluate(`document.querySelector('.opt:nth-child(3) input').click()`, nil),
		chromedp.Evaluate(`document.querySelector('.acts .btn').click()`, nil))
	for len(r.received()) == 0 && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	if in := r.last(); len(in.Items) != 1 || len(in.Items[0].OptionIDs) != 2 || in.Items[0].OptionIDs[0] != "b" {
		t.Errorf("%+v", in)
	}
	r.post(sendPath, cardTo("lisi", multiCard("T2")))
	r.sees(ctx, `document.querySelectorAll('.sel select').length === 2`)
	r.page(ctx, chromedp.Evaluate(`{ const s = document.querySelector('.sel select'); s.value = '2'; s.dispatchEvent(new Event('change', {bubbles: true})); }`, nil),
		chromedp.Evaluate(`[...document.querySelectorAll('.acts .btn')].pop().click()`, nil))
	for len(r.received()) < 2 && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	if in := r.last(); len(in.Items) != 2 || in.Items[0].OptionIDs[0] != "2" || in.Items[1].OptionIDs[0] != "0" {
		t.Errorf("%+v", in)
	}
}

func TestTwoPhonesAtOnceFireTogether(t *testing.T) {
	r := newRig(t, nil).login()
	r.post(sendPath, cardTo("lisi|zhangsan", buttonCard("T1")))
	ctx := r.browser("/sim/#lisi,zhangsan")
	r.sees(ctx, `document.querySelectorAll('.acts .btn').length === 4`)
	r.page(ctx, chromedp.Evaluate(`document.querySelector('#together').click()`, nil),
		chromedp.Evaluate(`document.querySelectorAll('.acts .btn')[0].click()`, nil))
	r.sees(ctx, `document.body.innerText.includes('等另一部手机')`)
	if n := len(r.received()); n != 0 {
		t.Errorf("%d callbacks before the second phone acted", n)
	}
	r.page(ctx, chromedp.Evaluate(`document.querySelectorAll('.acts .btn')[2].click()`, nil))
	for len(r.received()) < 2 && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	if list := r.received(); len(list) != 2 || list[0].FromUserName == list[1].FromUserName {
		t.Errorf("%+v", list)
	}
}
