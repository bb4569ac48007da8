package notice_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"qingfeng/bot/notice"
)

// Every state with every move: what is not in the table is refused and changes nothing.
func TestANoticeMovesOnlyAsTheTableSays(t *testing.T) {
	legal := map[notice.State]map[notice.Move]notice.State{
		notice.Drafting:  {notice.MoveSend: notice.Checking},
		notice.Checking:  {notice.MoveApprove: notice.Approved, notice.MoveReturn: notice.Returned, notice.MoveWithdraw: notice.Withdrawn},
		notice.Returned:  {notice.MoveSend: notice.Checking},
		notice.Approved:  {notice.MoveOpen: notice.Open, notice.MoveWithdraw: notice.Withdrawn},
		notice.Open:      {notice.MoveEnd: notice.Ended, notice.MoveCorrect: notice.Corrected, notice.MoveWithdraw: notice.Withdrawn},
		notice.Ended:     {notice.MoveCorrect: notice.Corrected, notice.MoveWithdraw: notice.Withdrawn},
		notice.Corrected: {notice.MoveWithdraw: notice.Withdrawn},
		notice.Withdrawn: {},
	}
	if len(notice.States()) != len(legal) || len(notice.Moves()) != 7 {
		t.Fatalf("%d states, %d moves", len(notice.States()), len(notice.Moves()))
	}
	for _, s := range append(notice.States(), "nowhere") {
		for _, m := range append(notice.Moves(), "jump") {
			want, ok := legal[s][m]
			got, err := notice.Next(s, m)
			switch {
			case ok && (err != nil || got != want):
				t.Errorf("%s %s → %s, %v; want %s", s, m, got, err, want)
			case !ok && (!errors.Is(err, notice.ErrMove) || got != s):
				t.Errorf("%s %s → %s, %v; want a refusal", s, m, got, err)
			}
		}
	}
}

func cell(cells []notice.Cell, w notice.What, a notice.Audience) notice.Cell {
	for _, c := range cells {
		if c.What == w && c.Audience == a {
			return c
		}
	}
	return notice.Cell{}
}

func TestTheMatrixShowsWhatIsOpenWhereAndSince(t *testing.T) {
	record := func(id int64, a notice.Audience, s notice.State, fields ...notice.Field) notice.Record {
		in := input(a, sixRows()...)
		in.Fields = fields
		snap, _ := notice.Build(in)
		return notice.Record{ID: id, State: s, Snapshot: &snap}
	}
	today := time.Date(2026, 10, 12, 8, 0, 0, 0, time.UTC)
	day := func(s string) time.Time {
		d, err := time.Parse(notice.Day, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	cells := notice.Openness(today, []notice.Record{
		record(1, notice.Window, notice.Open),
		record(2, notice.Website, notice.Ended),
		record(3, notice.OfficeIn, notice.Open, notice.FieldPost, notice.FieldTitle),
		record(4, notice.Internal, notice.Withdrawn),
		record(5, notice.Internal, notice.Approved),
		{ID: 6, State: notice.Open},
	}, []notice.Opening{
		{What: "process", Audience: notice.Internal, Place: "一楼展板", From: day("2026-09-01")},
		{What: "power", Audience: notice.Website, Place: "县政府网站", From: day("2026-01-05"), Until: day("2026-10-12")},
		{What: "duty", Audience: notice.Internal, Place: "旧展板", From: day("2026-01-05"), Until: day("2026-10-11")},
		{What: "risk", Audience: notice.Internal, Place: "明天的展板", From: day("2026-10-13")},
	})
	if len(cells) != 20 || cells[0].What != notice.Power || cells[0].Audience != notice.Internal || cells[19].What != notice.RiskOpen || cells[19].Audience != notice.Website {
		t.Fatalf("%d cells", len(cells))
	}
	for _, w := range notice.Whats() {
		if c := cell(cells, w, notice.Window); c.State != notice.IsOpen || c.Since != "2026-10-08" || len(c.Ways) != 1 || c.Ways[0].Notice != 1 || c.Ways[0].Code != "k7m2p9" || c.Ways[0].Until != "2026-10-15" {
			t.Errorf("window %s: %+v", w, c)
		}
	}
	for _, c := range []struct {
		what  notice.What
		a     notice.Audience
		state notice.CellState
		since string
		ways  int
	}{
		{notice.Power, notice.Website, notice.IsOpen, "2026-01-05", 2}, // a place, and a notice that is over
		{notice.Duty, notice.Website, notice.WasOpen, "2026-10-08", 1},
		{notice.RiskOpen, notice.OfficeIn, notice.IsOpen, "2026-10-08", 1},
		{notice.Process, notice.OfficeIn, notice.NotOpen, "", 0}, // the office closed that field
		{notice.Process, notice.Internal, notice.IsOpen, "2026-09-01", 1},
		{notice.Duty, notice.Internal, notice.WasOpen, "2026-01-05", 1},
		{notice.RiskOpen, notice.Internal, notice.NotOpen, "", 0}, // withdrawn, not begun, tomorrow
	} {
		if got := cell(cells, c.what, c.a); got.State != c.state || got.Since != c.since || len(got.Ways) != c.ways {
			t.Errorf("%s %s: %+v, want %s since %q by %d ways", c.what, c.a, got, c.state, c.since, c.ways)
		}
	}
	if got := cell(cells, notice.Power, notice.Website).Ways; !got[0].Open || got[0].Title != "县政府网站" || got[1].Open || got[1].Notice != 2 {
		t.Errorf("the open way comes first: %+v", got)
	}
}

// A field that the mask opened and no point fills opens nothing.
func TestAnEmptyFieldOpensNothing(t *testing.T) {
	row := sixRows()[1]
	row.Item = ""
	s, _ := notice.Build(input(notice.Window, row))
	cells := notice.Openness(time.Date(2026, 10, 9, 0, 0, 0, 0, time.UTC), []notice.Record{{ID: 1, State: notice.Open, Snapshot: &s}}, nil)
	if c := cell(cells, notice.Power, notice.Window); c.State != notice.NotOpen {
		t.Errorf("%+v", c)
	}
}

func TestAPointIsToldInPlainSentences(t *testing.T) {
	s, _ := notice.Build(input(notice.Window, sixRows()...))
	got := s.Points[0].Plain()
	want := notice.Plain{
		Lead:  "办理“工程进度款支付审核”走到“计量支付复核”这一步时，可能出现：",
		Risks: []string{"不逐项核对监理计量单和现场影像就在支付单上签字，给多计、早付留下空间。"},
		Guards: []string{
			"付款前把计量单、影像、三方签字确认传齐，缺一项单据不流转（由支付岗负责，频次：每笔）。",
			"经办与复核由不同人担任，标段每季度互换（由股长负责）。",
		},
		Monitor: "这些做得怎么样，由县纪委监委党风政风监督室监督。",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	for _, p := range s.Points {
		plain := p.Plain()
		all := plain.Lead + strings.Join(plain.Risks, "") + strings.Join(plain.Guards, "") + plain.Monitor
		for _, jargon := range []string{"佐证材料", "会商", "会勘", "廉政风险", "表现形式", "。。", "%!"} {
			if strings.Contains(all, jargon) {
				t.Errorf("%q in %s", jargon, all)
			}
		}
		if len(plain.Risks) == 0 || len(plain.Guards) == 0 {
			t.Errorf("%+v", plain)
		}
	}
	if got := (notice.Point{Title: "先盖章后补批", Post: "印章岗"}).Plain(); got.Lead != "印章岗可能出现：" || got.Risks[0] != "先盖章后补批。" || got.Guards != nil || got.Monitor != "" {
		t.Errorf("%+v", got)
	}
	if got := (notice.Point{Title: "先盖章后补批"}).Plain(); got.Lead != "可能出现：" {
		t.Errorf("%+v", got)
	}
}
