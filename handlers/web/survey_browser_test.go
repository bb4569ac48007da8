package web_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"qingfeng/bot"
)

// In a real browser as small as they come and with scripts off: from the notice to a ballot
// that was handed in, and to the result.
func TestABallotIsFilledInOnASmallPhoneWithoutScripts(t *testing.T) {
	p := newPolling(t, 30)
	p.begin("appraisal", "民主测评：局领导班子")
	for i := range 24 {
		option := []int{0, 0, 0, 1, 1, 4, 3}[i%7]
		if status, body, _ := p.send("/b/send", p.answers("appraisal", p.token(bot.UserID(fmt.Sprintf("staff%d", i))), option, []string{"", "", "多下基层听意见", "会议少一点", "公示再早几天"}[i%5])); status != 200 {
			t.Fatalf("%d %s", status, body)
		}
	}
	alloc, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)...)
	defer stop()
	tab, closeTab := chromedp.NewContext(alloc)
	defer closeTab()
	tab, cancel := context.WithTimeout(tab, time.Minute)
	defer cancel()
	signIn := func(who bot.UserID) chromedp.ActionFunc {
		return func(ctx context.Context) error {
			at, err := url.Parse(p.server.URL + p.page())
			if err != nil {
				return err
			}
			for _, c := range p.as(who).http.Jar.Cookies(at) {
				if err := network.SetCookie(c.Name, c.Value).WithURL(p.server.URL).Do(ctx); err != nil {
					return err
				}
			}
			return nil
		}
	}
	var wide []string
	fits := func(what string) chromedp.ActionFunc {
		return func(ctx context.Context) error {
			var over bool
			if err := chromedp.Evaluate(`document.documentElement.scrollWidth > innerWidth`, &over).Do(ctx); err != nil {
				return err
			}
			if over {
				wide = append(wide, what)
			}
			if dir := os.Getenv("SURVEY_SHOTS"); dir != "" {
				var shot []byte
				if err := chromedp.FullScreenshot(&shot, 100).Do(ctx); err != nil {
					return err
				}
				return os.WriteFile(filepath.Join(dir, what+".png"), shot, 0o600)
			}
			return nil
		}
	}
	var first, thanks, result, cookies, stored string
	pick := func(i int) chromedp.Action {
		return chromedp.Click(fmt.Sprintf(`fieldset:nth-of-type(%d) label:nth-of-type(1)`, i), chromedp.ByQuery)
	}
	err := chromedp.Run(tab,
		signIn("wang"), emulation.SetScriptExecutionDisabled(true), chromedp.EmulateViewport(320, 640),
		chromedp.Navigate(p.server.URL+p.page()), fits("draw"),
		chromedp.Click(`main form button`, chromedp.ByQuery), chromedp.WaitVisible(`form[action$="/b"]`, chromedp.ByQuery), fits("go"),
		chromedp.Click(`main form button`, chromedp.ByQuery), chromedp.WaitVisible(`form[action="/b/send"]`, chromedp.ByQuery), fits("ballot"),
		chromedp.Evaluate(`getComputedStyle(document.querySelector('button')).backgroundColor`, &first),
		pick(1), pick(2), pick(3),
		chromedp.Click(`main form button`, chromedp.ByQuery), chromedp.WaitVisible(`.why`, chromedp.ByQuery), fits("missing"),
		pick(4), pick(5), pick(6),
		chromedp.Click(`main form button`, chromedp.ByQuery), chromedp.WaitVisible(`[role=status]`, chromedp.ByQuery), fits("thanks"),
		chromedp.Text(`main`, &thanks, chromedp.ByQuery),
		chromedp.Evaluate(`document.cookie`, &cookies), chromedp.Evaluate(`location.href`, &stored),
	)
	if err != nil {
		t.Fatal(err)
	}
	if first != "rgb(15, 92, 87)" {
		t.Errorf("the style is not let in by the policy: the button is %s", first)
	}
	if !strings.Contains(thanks, "收到了，谢谢") || cookies != "" || stored != p.public.URL+"/b/send" {
		t.Errorf("at the end: %q, cookies %q, at %s", thanks, cookies, stored)
	}
	p.finish()
	err = chromedp.Run(tab, signIn("sun"), chromedp.Navigate(p.server.URL+fmt.Sprintf("/surveys/%d", p.id)), fits("result"), chromedp.Text(`main`, &result, chromedp.ByQuery),
		chromedp.Navigate(p.server.URL+"/surveys"), fits("surveys"), chromedp.EmulateViewport(900, 900), chromedp.Navigate(p.server.URL+fmt.Sprintf("/surveys/%d", p.id)), fits("result-wide"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(result, "收回25张票") || !strings.Contains(result, "不显示") {
		t.Errorf("the result reads\n%s", result)
	}
	if len(wide) > 0 {
		t.Errorf("wider than the phone: %v", wide)
	}
}
