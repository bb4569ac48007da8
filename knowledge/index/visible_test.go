package index_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"qingfeng/bot/pg/pgtest"
	"qingfeng/knowledge"
	"qingfeng/knowledge/index"
)

// ways are the two ways a search goes, and a second instance of each.
func ways(t *testing.T) (writer *house, all map[string]*house) {
	db := pgtest.New(t)
	second := pgtest.Open(t, db.Pool().Config().ConnString())
	all = map[string]*house{
		"SQL": houseOn(t, db), "memory": houseOn(t, db).warmed(),
		"SQL elsewhere": houseOn(t, second), "memory elsewhere": houseOn(t, second).warmed(),
	}
	return houseOn(t, db), all
}

// readers are everybody there is, each with the audiences they belong to.
func readers() map[string]knowledge.Reader {
	return map[string]knowledge.Reader{
		"nobody":      {},
		"a citizen":   knowledge.Citizen(),
		"a member":    knowledge.Member(),
		"a reviewer":  knowledge.Member("role:reviewer"),
		"of finance":  knowledge.Member("section:财务科"),
		"both":        knowledge.Member("role:reviewer", "section:财务科"),
		"a stranger":  knowledge.Member("section:财务"),
		"with a wild": knowledge.Member("%", "*", "role:", ""),
	}
}

func TestNobodyFindsWhatIsNotForThem(t *testing.T) {
	writer, all := ways(t)
	audiences := [][]string{
		{knowledge.Public},
		{knowledge.Internal},
		{"role:reviewer"},
		{"section:财务科"},
		{"role:reviewer", "section:财务科"},
		{"role:nobody"},
	}
	ids := make([]int64, len(audiences))
	for i, a := range audiences {
		saved := writer.save(to(draft(fmt.Sprintf("%d号规定", i), fmt.Sprintf("礼品礼金登记上交第%d种办法。", i)), a...))
		ps, err := writer.PassageIDs(t.Context(), saved.Version)
		writer.must(err)
		ids[i] = ps[0]
	}
	check := func(when string) {
		t.Helper()
		for way, h := range all {
			for who, r := range readers() {
				var want, got []int64
				for i, a := range audiences {
					if slices.ContainsFunc(a, func(x string) bool { return slices.Contains(r.Audiences, x) }) {
						want = append(want, ids[i])
					}
					p, ok, err := h.Passage(t.Context(), r, ids[i], time.Time{})
					h.must(err)
					near, err := h.Around(t.Context(), r, ids[i])
					h.must(err)
					if may := slices.Contains(want, ids[i]); ok != may || (len(near) > 0) != may || ok && p.ID != ids[i] {
						t.Errorf("%s, %s, %s: passage %d is read: %v", when, way, who, i, ok)
					}
				}
				for _, lapsed := range []bool{false, true} {
					hits, err := h.Search(t.Context(), knowledge.Query{Text: "礼品礼金登记上交", Reader: r, Lapsed: lapsed})
					h.must(err)
					got = nil
					for _, hit := range hits {
						got = append(got, hit.ID)
					}
					slices.Sort(got)
					if !slices.Equal(got, want) {
						t.Errorf("%s, %s, %s (lapsed %v): found %d, want %d", when, way, who, lapsed, got, want)
					}
				}
				hits, err := h.Find(t.Context(), knowledge.Query{Reader: r}, knowledge.Name{Title: "号规定", Article: "1"})
				h.must(err)
				for _, hit := range hits {
					if !slices.Contains(want, hit.ID) {
						t.Errorf("%s, %s, %s: found by name: %d", when, way, who, hit.ID)
					}
				}
			}
		}
	}
	check("at first")

	// What was public becomes internal, what was a role's becomes a section's.
	for i, a := range map[int][]string{0: {knowledge.Internal}, 2: {"section:财务科"}} {
		p := writer.describe(ids[i], func(d *index.Description) { d.Audiences = a })
		audiences[i] = p.Audiences
	}
	check("after the audiences changed")
}

// describe changes something about the version of a passage.
func (h *house) describe(passage int64, change func(d *index.Description)) index.Description {
	h.t.Helper()
	var version int64
	h.must(h.db.Pool().QueryRow(h.t.Context(), "SELECT version_id FROM passage WHERE id = $1", passage).Scan(&version))
	doc, v, _, err := h.Version(h.t.Context(), version)
	h.must(err)
	d := index.Description{
		Title: doc.Title, Issuer: doc.Issuer, Number: doc.Number, Authority: doc.Authority, Library: doc.Library,
		Audiences: doc.Audiences, Label: v.Label, Effective: v.Effective,
	}
	change(&d)
	h.must(h.Describe(h.t.Context(), version, d))
	return d
}

func TestWithdrawnTextIsGoneAtOnceEverywhere(t *testing.T) {
	writer, all := ways(t)
	saved := writer.save(draft("礼品规定", gifts))
	writer.save(draft("接待规定", receipts))
	for _, h := range all {
		h.wantFound("礼品礼金登记上交", gifts)
	}
	if revived, err := writer.Withdraw(t.Context(), saved.Version); err != nil || revived != 0 {
		t.Fatal(revived, err)
	}
	ids, err := writer.PassageIDs(t.Context(), saved.Version)
	writer.must(err)
	for _, h := range all {
		h.wantNotFound("礼品礼金登记上交", gifts)
		if got := h.search(knowledge.Query{Text: "礼品礼金登记上交", Lapsed: true}); slices.Contains(texts(got), gifts) {
			t.Error("found as lapsed")
		}
		if _, ok, err := h.Passage(t.Context(), knowledge.Member(), ids[0], time.Time{}); ok || err != nil {
			t.Error("read", err)
		}
	}
	again := writer.save(draft("礼品规定", gifts))
	if !again.Known || again.Version != saved.Version {
		t.Errorf("a withdrawn text saved again: %+v", again)
	}
	for _, h := range all {
		h.wantNotFound("礼品礼金登记上交", gifts)
	}
	writer.must(writer.Restore(t.Context(), saved.Version))
	for _, h := range all {
		h.wantFound("礼品礼金登记上交", gifts)
	}
}

func TestWhatWaitsForReviewIsFoundByNobody(t *testing.T) {
	writer, all := ways(t)
	old := writer.save(from(draft("礼品规定", gifts), date(2020, 1, 1)))
	d := from(draft("礼品规定", "收受礼品的，应当在七日内登记上交。"), date(2024, 1, 1))
	d.Version.Review = true
	d.Version.Flags = []knowledge.Flag{{Code: "instruction", Where: 3, Text: "忽略"}}
	waiting := writer.save(d)
	if waiting.Replaced != 0 || waiting.Document != old.Document {
		t.Fatalf("%+v", waiting)
	}
	for _, h := range all {
		h.wantFound("礼品登记上交", gifts)
		h.wantNotFound("礼品登记上交", d.Passages[0].Text)
	}
	_, v, body, err := writer.Version(t.Context(), waiting.Version)
	writer.must(err)
	if v.State() != index.Reviewed || len(v.Flags) != 1 || v.Flags[0] != d.Version.Flags[0] || body != d.Body || v.Passages != 1 {
		t.Errorf("%+v", v)
	}
	writer.must(writer.Accept(t.Context(), waiting.Version))
	for _, h := range all {
		h.wantFound("礼品登记上交", d.Passages[0].Text)
		h.wantNotFound("礼品登记上交", gifts)
	}
}

func TestANewVersionNeverWidensWhoReads(t *testing.T) {
	writer, all := ways(t)
	writer.save(to(draft("礼品规定", gifts), knowledge.Public))
	secret := "收受礼品的内部处理口径，在七日内登记上交。"
	saved := writer.save(to(draft("礼品规定", secret), knowledge.Internal))
	for _, h := range all {
		h.wantNotFound("礼品登记上交", secret)
	}
	doc, v, _, err := writer.Version(t.Context(), saved.Version)
	writer.must(err)
	if !v.Review || len(v.Flags) != 1 || v.Flags[0].Code != index.FlagAudience || !slices.Equal(doc.Audiences, []string{knowledge.Public}) {
		t.Errorf("%+v of %+v", v, doc)
	}
}

func TestTheTextOfThatDayIsFound(t *testing.T) {
	writer, all := ways(t)
	const before, after = "收受礼品的，应当在一个月内登记上交。", "收受礼品的，应当在七日内登记上交。"
	// The newer text came first.
	newer := writer.save(from(draft("礼品登记规定（2022年修订）", after), date(2022, 7, 1)))
	older := writer.save(from(draft("《礼品登记规定》", before), date(2015, 3, 1)))
	if older.Document != newer.Document || older.Replaced != 0 {
		t.Fatalf("%+v, %+v", older, newer)
	}
	for way, h := range all {
		for _, c := range []struct {
			on     time.Time
			lapsed bool
			want   []string
		}{
			{date(2015, 2, 28), false, nil},
			{date(2015, 3, 1), false, []string{before}},
			{date(2022, 6, 30), false, []string{before}},
			{date(2022, 7, 1), false, []string{after}},
			{time.Time{}, false, []string{after}},
			{time.Time{}, true, []string{before, after}},
			{date(2022, 6, 30), true, []string{before}},
		} {
			hits := h.search(knowledge.Query{Text: "收受礼品几日内登记上交", Day: c.on, Lapsed: c.lapsed})
			got := texts(hits)
			slices.Sort(got)
			want := slices.Sorted(slices.Values(c.want))
			if !slices.Equal(got, want) {
				t.Errorf("%s, %v, lapsed %v: %q, want %q", way, c.on, c.lapsed, got, want)
			}
			for _, hit := range hits {
				day := c.on
				if day.IsZero() {
					day = date(2026, 3, 2)
				}
				if holds := hit.Text == after || day.Before(date(2022, 7, 1)); hit.Version.InForce(day) != holds {
					t.Errorf("%s, %v: %q in force: %v", way, c.on, hit.Text, !holds)
				}
			}
		}
		ids, err := h.PassageIDs(t.Context(), older.Version)
		h.must(err)
		if _, ok, _ := h.Passage(t.Context(), knowledge.Citizen(), ids[0], date(2023, 1, 1)); ok {
			t.Errorf("%s: a lapsed clause as of 2023", way)
		}
		if _, ok, _ := h.Passage(t.Context(), knowledge.Citizen(), ids[0], date(2021, 1, 1)); !ok {
			t.Errorf("%s: no clause as of 2021", way)
		}
	}
}

func TestASearchSeesTheAudienceChangeOfItsOwnTransaction(t *testing.T) {
	_, all := ways(t)
	for way, h := range all {
		saved := h.save(to(draft("礼品规定"+way, gifts+way), knowledge.Public))
		err := h.db.InTx(t.Context(), func(ctx context.Context) error {
			if _, err := h.Withdraw(ctx, saved.Version); err != nil {
				return err
			}
			if got := texts(h.searchIn(ctx, knowledge.Query{Text: gifts + way})); slices.Contains(got, gifts+way) {
				t.Errorf("%s: found after it was withdrawn", way)
			}
			return nil
		})
		h.must(err)
	}
}
