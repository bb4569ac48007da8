package pg_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/notice"
	"qingfeng/bot/pg"
	"qingfeng/bot/risk"
)

// confirmedPoint gives a person one confirmed point in the open campaign, or a new one.
func confirmedPoint(t *testing.T, r *pg.Register, id bot.UserID) (risk.Campaign, risk.Point) {
	t.Helper()
	ctx := t.Context()
	c, open, err := r.Campaign(ctx)
	ok(t, err)
	if !open {
		c, _ = openCampaign(t, r, 2026)
	}
	check := checkOf(t, must(t, r.Checks)(ctx, risk.CheckFilter{Campaign: c.ID, Person: person(t, r, id).ID}), id)
	p := fullPoint()
	p.State, p.Version = risk.PointConfirmed, 1
	check.State, check.Points = risk.CheckConfirmed, []risk.Point{p}
	ok(t, r.Save(ctx, &check))
	return c, check.Points[0]
}

// checking is a notice of one point as it is sent for checking, drafted by 吴主任.
func checking(t *testing.T, r *pg.Register, c risk.Campaign, p risk.Point) notice.Record {
	t.Helper()
	n := notice.Record{
		Campaign: c.ID, Audience: notice.OfficeIn, Title: "风险点公示", DraftedBy: person(t, r, "wu").ID,
		Draft: notice.Draft{Start: date(10, 12), Days: 5, Promise: 10, Contact: notice.Contact{Phone: "6220001"}},
		Start: date(10, 12), End: date(10, 16),
	}
	ok(t, r.NewNotice(t.Context(), &n))
	send(t, r, &n, p)
	return n
}

func send(t *testing.T, r *pg.Register, n *notice.Record, p risk.Point) {
	t.Helper()
	n.Snapshot = &notice.Snapshot{
		Unit: "栖云县交通运输局", Title: n.Title, Audience: n.Audience, Code: n.Code, Version: n.Version, Change: n.Change,
		Start: "2026-10-12", End: "2026-10-16", Days: 5, Promise: 10, Contact: n.Draft.Contact,
		Points: []notice.Point{{No: 1, Post: p.Post.Name, Title: p.Title, Shapes: p.Manifestations, PointID: p.ID, PointVersion: p.Version}},
		Open:   []notice.Field{notice.FieldPost, notice.FieldTitle, notice.FieldShape},
	}
	raw, err := json.Marshal(n.Snapshot)
	ok(t, err)
	sum := sha256.Sum256(raw)
	n.Hash, n.State, n.Points = sum[:], notice.Checking, nil
	ok(t, r.SavePublicNotice(t.Context(), n))
}

// moved is a notice on its way, as the second person and the days take it.
func moved(t *testing.T, r *pg.Register, n *notice.Record, states ...notice.State) {
	t.Helper()
	for _, s := range states {
		if n.State = s; s == notice.Approved {
			n.CheckedBy, n.CheckedOn = person(t, r, "ZhouZheng").ID, date(10, 9)
		}
		ok(t, r.SavePublicNotice(t.Context(), n))
	}
}

func TestANoticeComesBackAsItWasSavedAndOnlyToWhoeverReadItLast(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	c, p := confirmedPoint(t, r, "sun")
	n := checking(t, r, c, p)
	if n.Series != n.ID || n.Version != 1 || n.Rev != 1 || len(n.Code) < 10 {
		t.Errorf("a first version: %+v", n)
	}
	got := must(t, r.PublicNotice)(ctx, n.ID)
	same(t, "read", got, n)
	same(t, "its numbers", got.Points, []notice.NumberedPoint{{No: 1, Point: p.ID, Version: 1}})
	raw, err := json.Marshal(got.Snapshot)
	ok(t, err)
	if sum := sha256.Sum256(raw); string(sum[:]) != string(n.Hash) {
		t.Error("the stored snapshot has another hash")
	}

	moved(t, r, &n, notice.Approved)
	if err := r.SavePublicNotice(ctx, &got); !errors.Is(err, risk.ErrChanged) {
		t.Errorf("an old one: %v", err)
	}
	second := notice.Record{Campaign: c.ID, Series: n.Series, Audience: n.Audience, Title: n.Title, Change: "改正第1条", DraftedBy: n.DraftedBy, Start: n.Start, End: n.End, Draft: n.Draft}
	ok(t, r.NewNotice(ctx, &second))
	if second.Version != 2 || second.Series != n.ID || second.Code == n.Code {
		t.Errorf("a correction: %+v", second)
	}
	var list []string
	for _, x := range must(t, r.PublicNotices)(ctx, notice.Filter{Series: n.Series}) {
		list = append(list, fmt.Sprint(x.Version, " ", x.State))
	}
	same(t, "of a series", list, []string{"2 draft", "1 approved"})
	same(t, "by state", len(must(t, r.PublicNotices)(ctx, notice.Filter{Campaign: c.ID, States: []notice.State{notice.Approved}})), 1)
	if _, err := r.PublicNotice(ctx, 99); !errors.Is(err, risk.ErrNone) {
		t.Errorf("no such notice: %v", err)
	}
}

func TestWhatWasPublishedStands(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	c, p := confirmedPoint(t, r, "sun")
	n := checking(t, r, c, p)
	do := func(sql string) error {
		_, err := r.DB.Pool().Exec(ctx, sql)
		return err
	}
	drafter := fmt.Sprint(n.DraftedBy)
	for _, set := range []string{
		`state = 'approved'`, // by nobody
		`state = 'approved', checked_by = drafted_by`,
		`state = 'approved', checked_by = ` + fmt.Sprint(person(t, r, "ZhouZheng").ID) + `, snapshot = snapshot || '{"unit": "别处"}'`,
		`snapshot = NULL`, `hash = NULL`, `end_on = start_on - 1`,
	} {
		if do(`UPDATE public_notice SET `+set) == nil {
			t.Errorf("while it is checked, %s went through", set)
		}
	}
	moved(t, r, &n, notice.Approved)
	forbidden := []string{
		`UPDATE public_notice SET snapshot = snapshot || '{"unit": "别处"}'`, `UPDATE public_notice SET snapshot = jsonb_set(snapshot, '{points,0,title}', '"别的"')`,
		`UPDATE public_notice SET hash = 'x'`, `UPDATE public_notice SET code = 'another'`, `UPDATE public_notice SET title = '别的'`,
		`UPDATE public_notice SET start_on = start_on - 1`, `UPDATE public_notice SET end_on = end_on + 1`, `UPDATE public_notice SET audience = 'website'`,
		`UPDATE public_notice SET series = 9`, `UPDATE public_notice SET version = 7`, `UPDATE public_notice SET change = '没改'`, `UPDATE public_notice SET draft = '{}'`,
		`UPDATE public_notice SET drafted_by = checked_by, checked_by = ` + drafter, `UPDATE public_notice SET checked_by = NULL`, `UPDATE public_notice SET checked_on = checked_on - 3`,
		`UPDATE public_notice SET state = 'draft'`, `UPDATE public_notice SET state = 'checking'`, `UPDATE public_notice SET state = 'returned'`,
		`DELETE FROM public_notice`, `TRUNCATE public_notice CASCADE`,
		`UPDATE public_notice_point SET no = 2`, `UPDATE public_notice_point SET point_version = 9`, `DELETE FROM public_notice_point`, `TRUNCATE public_notice_point`,
		`INSERT INTO public_notice_point (notice, no, point_id, point_version) SELECT notice, 2, point_id, 1 FROM public_notice_point`,
	}
	ways := []notice.State{notice.Approved, notice.Open, notice.Ended, notice.Corrected, notice.Withdrawn}
	for i, s := range ways {
		if s != notice.Approved {
			moved(t, r, &n, s)
		}
		for _, sql := range forbidden {
			if err := do(sql); err == nil || !strings.Contains(err.Error(), "stand") && !strings.Contains(err.Error(), "stay") {
				t.Errorf("%s: %s: %v", s, sql, err)
			}
		}
		for _, back := range ways[:i] {
			if do(`UPDATE public_notice SET state = '`+string(back)+`'`) == nil {
				t.Errorf("%s went back to %s", s, back)
			}
		}
	}
	got := must(t, r.PublicNotice)(ctx, n.ID)
	same(t, "after all of it", got, n)
	ok(t, do(`UPDATE public_notice SET remark = '撤回原因见附页'`))
	got.Title = "别的"
	if err := r.SavePublicNotice(ctx, &got); err == nil {
		t.Error("a store's own save changed a title")
	}
}

func TestNoticeRowsAreConfirmedPointsInTheOrderOfTheRoster(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	must(t, r.ApplyCatalogue)(ctx, []risk.CatalogueRow{{
		Section: "财务审计股", Item: "支付审核", Class: risk.Administrative, Basis: "预算法", Supervision: "内部审计", Nodes: []risk.NodeName{{Name: "计量复核", Post: "工程款支付岗"}}, Row: 2,
	}})
	c, _ := confirmedPoint(t, r, "sun")
	confirmedPoint(t, r, "wu")
	draft := checkOf(t, must(t, r.Checks)(ctx, risk.CheckFilter{Campaign: c.ID, Person: person(t, r, "li").ID}), "li")
	draft.Points = []risk.Point{fullPoint()}
	ok(t, r.Save(ctx, &draft))
	check := checkOf(t, must(t, r.Checks)(ctx, risk.CheckFilter{Campaign: c.ID, Person: person(t, r, "sun").ID}), "sun")
	check.Points[0].Node = must(t, r.Nodes)(ctx, section(t, r, "财务审计股").ID)[0]
	ok(t, r.Save(ctx, &check))

	var got []string
	for _, row := range must(t, r.NoticeRows)(ctx, c.ID) {
		got = append(got, fmt.Sprint(row.Section.Name, "/", row.Point.Post.Name, "/", row.Item.Name, "/", row.Item.LegalBasis, "/", row.Item.Supervision, "/", row.Holders, "/", row.Section.Office))
	}
	same(t, "rows", got, []string{"办公室/主任/支付审核///[吴主任]/true", "财务审计股/工程款支付岗/支付审核/预算法/内部审计/[孙支付]/false"})
	same(t, "of no campaign", len(must(t, r.NoticeRows)(ctx, 99)), 0)
}

func TestPlacementsAndOpeningsAreKept(t *testing.T) {
	r, _ := imported(t)
	ctx := t.Context()
	c, p := confirmedPoint(t, r, "sun")
	n := checking(t, r, c, p)
	by := person(t, r, "wu").ID
	with := notice.Placement{Notice: n.ID, Kind: "board", Place: "一楼公示栏", On: date(10, 12), Photo: []byte{0xff, 0xd8}, By: by}
	web := notice.Placement{Notice: n.ID, Kind: "web", Place: "https://example.org/n", On: date(10, 13), By: by}
	ok(t, r.AddPlacement(ctx, &with))
	ok(t, r.AddPlacement(ctx, &web))
	photo := must(t, r.Photo)(ctx, with.ID)
	same(t, "photo", photo, []byte{0xff, 0xd8})
	with.Photo = nil
	same(t, "placements", must(t, r.Placements)(ctx, n.ID), []notice.Placement{with, web})
	if _, err := r.Photo(ctx, web.ID); !errors.Is(err, risk.ErrNone) {
		t.Errorf("no photo: %v", err)
	}
	o := notice.Opening{What: "power", Audience: notice.Website, Place: "门户网站", From: date(1, 4), By: by}
	ok(t, r.AddOpening(ctx, &o))
	same(t, "openings", must0(t, r.Openings)(ctx), []notice.Opening{o})
}

func TestARevisionIsInForceOnceAnotherPersonApprovesIt(t *testing.T) {
	r, c := imported(t)
	ctx := t.Context()
	_, p := confirmedPoint(t, r, "sun")
	wu, zhou := person(t, r, "wu").ID, person(t, r, "ZhouZheng").ID
	stale := must(t, r.Check)(ctx, p.CheckID)
	text := func(title string) risk.PointText {
		return risk.PointText{
			Title: title, Manifestations: []string{"可能只看总数不看明细"}, Category: risk.Duty, Level: risk.L1,
			Measures: []risk.Measure{{Text: "两人复核", Who: "支付岗", Frequency: "每笔", Evidence: "复核单"}}, Monitor: "领导小组",
		}
	}
	v := risk.Revision{Point: p.ID, After: text("复核不到位"), Why: "群众建议", Meeting: "10月20日会议", ProposedBy: wu, ProposedOn: date(10, 20)}
	ok(t, r.ProposeRevision(ctx, &v))
	same(t, "proposed", fmt.Sprint(v.Version, v.State, v.Before.Title), "2proposed复核走过场")
	same(t, "nothing yet", must(t, r.Check)(ctx, p.CheckID).Points[0].Title, "复核走过场")
	other := risk.Revision{Point: p.ID, After: text("另一个"), ProposedBy: zhou, ProposedOn: date(10, 20)}
	if err := r.ProposeRevision(ctx, &other); !errors.Is(err, risk.ErrChanged) {
		t.Errorf("two at once: %v", err)
	}
	if _, err := r.DecideRevision(ctx, v.ID, true, wu, date(10, 21)); err == nil {
		t.Error("somebody approved what they proposed")
	}
	done, err := r.DecideRevision(ctx, v.ID, true, zhou, date(10, 21))
	if !done || err != nil {
		t.Fatal(done, err)
	}
	now := must(t, r.Check)(ctx, p.CheckID).Points[0]
	same(t, "the form has it", []any{now.Title, now.Manifestations, now.Category, now.Confirmed, now.Measures, now.Monitor, now.Version, now.State},
		[]any{"复核不到位", v.After.Manifestations, risk.Duty, risk.L1, v.After.Measures, "领导小组", 2, risk.PointConfirmed})
	if done, err = r.DecideRevision(ctx, v.ID, false, zhou, date(10, 21)); done || err != nil {
		t.Errorf("twice: %v %v", done, err)
	}
	stale.Points[0].Title = "写在别处的旧稿"
	if err := r.Save(ctx, &stale); !errors.Is(err, risk.ErrChanged) {
		t.Errorf("a form read before is saved over it: %v", err)
	}

	other.Before = risk.PointText{Title: "复核走过场"}
	if err := r.ProposeRevision(ctx, &other); !errors.Is(err, risk.ErrChanged) {
		t.Errorf("a proposal to what is not there any more: %v", err)
	}
	other.Before = v.After
	ok(t, r.ProposeRevision(ctx, &other))
	if done, err = r.DecideRevision(ctx, other.ID, false, wu, date(10, 22)); !done || err != nil {
		t.Fatal(done, err)
	}
	same(t, "a rejected one changes nothing", must(t, r.Check)(ctx, p.CheckID).Points[0], now)

	third := risk.Revision{Point: p.ID, After: text("第三次"), ProposedBy: wu, ProposedOn: date(10, 23)}
	ok(t, r.ProposeRevision(ctx, &third))
	_, err = r.DB.Pool().Exec(ctx, `UPDATE risk_point SET version = 3 WHERE id = $1`, p.ID)
	ok(t, err)
	if done, err = r.DecideRevision(ctx, third.ID, true, zhou, date(10, 23)); done || !errors.Is(err, risk.ErrChanged) {
		t.Errorf("the point moved on: %v %v", done, err)
	}
	got := must(t, r.Revision)(ctx, third.ID)
	same(t, "it still waits", fmt.Sprint(got.State, got.Section, got.Post, got.DecidedBy), "proposed财务审计股工程款支付岗0")
	var list []string
	campaign, _, err := r.Campaign(ctx)
	ok(t, err)
	for _, x := range must(t, r.Revisions)(ctx, campaign.ID) {
		list = append(list, x.State+" "+x.DecidedOn.Format(time.DateOnly))
	}
	same(t, "newest first", list, []string{"proposed 0001-01-01", "rejected 2026-10-22", "approved 2026-10-21"})
	if err := r.ProposeRevision(ctx, &risk.Revision{Point: 999, ProposedBy: wu, ProposedOn: c.now}); !errors.Is(err, risk.ErrNone) {
		t.Errorf("no such point: %v", err)
	}
}

func TestARevisionMayBeDecidedInsideALargerStep(t *testing.T) {
	r, c := imported(t)
	_, p := confirmedPoint(t, r, "sun")
	v := risk.Revision{Point: p.ID, After: risk.PointText{Title: "新题"}, Why: "x", ProposedBy: person(t, r, "wu").ID, ProposedOn: c.now}
	ok(t, r.ProposeRevision(t.Context(), &v))
	boom := errors.New("changed my mind")
	err := r.DB.InTx(t.Context(), func(ctx context.Context) error {
		_, err := r.DecideRevision(ctx, v.ID, true, person(t, r, "ZhouZheng").ID, c.now)
		return errors.Join(err, boom)
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	same(t, "none of it", fmt.Sprint(must(t, r.Revision)(t.Context(), v.ID).State, must(t, r.Check)(t.Context(), p.CheckID).Points[0].Title), "proposed复核走过场")
}
