package pg

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot/notice"
	"qingfeng/bot/risk"
)

const publicCols = `id, campaign_id, series, version, audience, code, title, state, rev, draft, snapshot, hash, start_on, end_on, change,
	drafted_by, checked_by, checked_on, remark`

func scanPublic(n *notice.Record) []any {
	return []any{
		&n.ID, &n.Campaign, &n.Series, &n.Version, &n.Audience, &n.Code, &n.Title, &n.State, &n.Rev, &n.Draft, &n.Snapshot, &n.Hash,
		day{&n.Start},
		day{&n.End},
		&n.Change, &n.DraftedBy,
		ref{&n.CheckedBy},
		day{&n.CheckedOn},
		&n.Remark,
	}
}

// publicArgs are the values of publicCols after id and series.
func publicArgs(n *notice.Record) ([]any, error) {
	draft, err := json.Marshal(n.Draft)
	if err != nil {
		return nil, err
	}
	var snapshot any
	if n.Snapshot != nil {
		raw, err := json.Marshal(n.Snapshot)
		if err != nil {
			return nil, err
		}
		snapshot = cleanJSON(raw)
	}
	return []any{
		n.Campaign, n.Version, n.Audience, n.Code, n.Title, n.State, n.Rev, cleanJSON(draft), snapshot, n.Hash, nullDay(n.Start), nullDay(n.End), n.Change,
		n.DraftedBy, null(n.CheckedBy), nullDay(n.CheckedOn), n.Remark,
	}, nil
}

// NewNotice stores a draft and fills ID; of a first version (Series 0) also Series, of a
// later one Version. Without a Code it gets a random one.
func (r *Register) NewNotice(ctx context.Context, n *notice.Record) error {
	if n.State == "" {
		n.State = notice.Drafting
	}
	if n.Code == "" {
		n.Code = strings.ToLower(rand.Text())[:12]
	}
	err := r.DB.InTx(ctx, func(ctx context.Context) error {
		n.Version = 1
		if n.Series != 0 {
			// The lock on the first version lets one correction be begun at a time.
			err := r.DB.q(ctx).QueryRow(ctx, `SELECT (SELECT max(version) + 1 FROM public_notice WHERE series = $1) FROM public_notice WHERE id = $1 FOR UPDATE`, n.Series).Scan(&n.Version)
			if err != nil {
				return found(err, "notice series", n.Series)
			}
		}
		args, err := publicArgs(n)
		if err != nil {
			return err
		}
		err = r.DB.q(ctx).QueryRow(ctx, `
			WITH i AS (SELECT nextval(pg_get_serial_sequence('public_notice', 'id')) AS id)
			INSERT INTO public_notice (`+publicCols+`) OVERRIDING SYSTEM VALUE
			SELECT i.id, $1, coalesce(nullif($2, 0), i.id), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18 FROM i
			RETURNING id, series`, slices.Insert(args, 1, any(n.Series))...).Scan(&n.ID, &n.Series)
		if err != nil {
			return err
		}
		return r.numberPoints(ctx, n)
	})
	if err != nil {
		return fmt.Errorf("new notice: %w", err)
	}
	return nil
}

// SavePublicNotice writes a notice but its id and series; risk.ErrChanged when somebody
// saved it since it was read. Of what was published the database refuses every change but
// that of its state, forward.
func (r *Register) SavePublicNotice(ctx context.Context, n *notice.Record) error {
	changed := false
	err := r.DB.InTx(ctx, func(ctx context.Context) error {
		var was notice.State
		err := r.DB.q(ctx).QueryRow(ctx, `SELECT state FROM public_notice WHERE id = $1 AND rev = $2 FOR UPDATE`, n.ID, n.Rev).Scan(&was)
		if changed = isNone(err); changed || err != nil {
			return ignoreNone(err)
		}
		if !stands(was) { // while the numbers may still change
			if err := r.numberPoints(ctx, n); err != nil {
				return err
			}
		}
		next := *n
		next.Rev++
		args, err := publicArgs(&next)
		if err != nil {
			return err
		}
		_, err = r.DB.q(ctx).Exec(ctx, `
			UPDATE public_notice SET campaign_id = $1, version = $2, audience = $3, code = $4, title = $5, state = $6, rev = $7, draft = $8, snapshot = $9,
				hash = $10, start_on = $11, end_on = $12, change = $13, drafted_by = $14, checked_by = $15, checked_on = $16, remark = $17
			WHERE id = $18`, append(args, n.ID)...)
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("save notice %d: %w", n.ID, err)
	case changed:
		return fmt.Errorf("save notice %d: %w", n.ID, risk.ErrChanged)
	}
	n.Rev++
	return nil
}

// stands reports whether a notice is past checking.
func stands(s notice.State) bool {
	return s != notice.Drafting && s != notice.Checking && s != notice.Returned
}

// numberPoints writes which version of which point has which number.
func (r *Register) numberPoints(ctx context.Context, n *notice.Record) error {
	if len(n.Points) == 0 && n.Snapshot != nil {
		for _, p := range n.Snapshot.Points {
			if p.PointID != 0 {
				n.Points = append(n.Points, notice.NumberedPoint{No: p.No, Point: p.PointID, Version: p.PointVersion})
			}
		}
	}
	b := &pgx.Batch{}
	b.Queue(`DELETE FROM public_notice_point WHERE notice = $1`, n.ID)
	for _, p := range n.Points {
		b.Queue(`INSERT INTO public_notice_point (notice, no, point_id, point_version) VALUES ($1, $2, $3, $4)`, n.ID, p.No, p.Point, p.Version)
	}
	return r.DB.q(ctx).SendBatch(ctx, b).Close()
}

// PublicNotice is one version of a notice; risk.ErrNone. Inside a transaction its row stays
// locked until the end.
func (r *Register) PublicNotice(ctx context.Context, id int64) (notice.Record, error) {
	lock := ""
	if r.DB.current(ctx) != nil {
		lock = ` FOR UPDATE`
	}
	list, err := r.publicWhere(ctx, `id = $1`+lock, id)
	if err == nil && len(list) == 0 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return notice.Record{}, found(err, "public notice", id)
	}
	return list[0], nil
}

// PublicNotices are the notices that a filter selects, newest first, a series' last version
// before its earlier ones.
func (r *Register) PublicNotices(ctx context.Context, f notice.Filter) ([]notice.Record, error) {
	list, err := r.publicWhere(ctx, `($1 = 0 OR campaign_id = $1) AND ($2 = 0 OR series = $2) AND ($3::text[] IS NULL OR state = ANY ($3))
		ORDER BY series DESC, version DESC`, f.Campaign, f.Series, f.States)
	if err != nil {
		return nil, fmt.Errorf("public notices: %w", err)
	}
	return list, nil
}

func (r *Register) publicWhere(ctx context.Context, where string, args ...any) ([]notice.Record, error) {
	list, err := all(ctx, r, scanPublic, `SELECT `+publicCols+` FROM public_notice WHERE `+where, args...)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	ids := make([]int64, len(list))
	at := map[int64]*notice.Record{}
	for i := range list {
		ids[i], at[list[i].ID] = list[i].ID, &list[i]
	}
	rows, err := r.DB.q(ctx).Query(ctx, `SELECT notice, no, point_id, point_version FROM public_notice_point WHERE notice = ANY ($1) ORDER BY notice, no`, ids)
	if err != nil {
		return nil, err
	}
	var of int64
	var p notice.NumberedPoint
	_, err = pgx.ForEachRow(rows, []any{&of, &p.No, &p.Point, &p.Version}, func() error {
		n := at[of]
		n.Points = append(n.Points, p)
		if n.Snapshot == nil {
			return nil
		}
		for i := range n.Snapshot.Points { // what the snapshot's own JSON does not carry
			if s := &n.Snapshot.Points[i]; s.No == p.No {
				s.PointID, s.PointVersion = p.Point, p.Version
			}
		}
		return nil
	})
	return list, err
}

// NoticeRows are the confirmed points of a campaign with section, power item and who holds
// the post today, in the order of the roster.
func (r *Register) NoticeRows(ctx context.Context, campaign int64) ([]risk.Publishable, error) {
	rows, err := r.noticeRows(ctx, campaign)
	if err != nil {
		return nil, fmt.Errorf("notice rows: %w", err)
	}
	return rows, nil
}

func (r *Register) noticeRows(ctx context.Context, campaign int64) ([]risk.Publishable, error) {
	points, err := r.pointsWhere(ctx, `x.state = 'confirmed' AND x.check_id IN (SELECT id FROM selfcheck WHERE campaign_id = $1)`, campaign)
	if err != nil || len(points) == 0 {
		return nil, err
	}
	sections, err := all(ctx, r, scanSection, `SELECT `+sectionCols+sectionFrom, r.today())
	if err != nil {
		return nil, err
	}
	items, err := all(ctx, r, func(i *risk.PowerItem) []any {
		return []any{&i.ID, &i.SectionID, &i.Name, &i.Class, &i.Content, &i.LegalBasis, &i.TimeLimit, &i.Supervision, &i.Gap}
	}, `SELECT id, section_id, name, class, content, legal_basis, time_limit, supervision, gap FROM power_item`)
	if err != nil {
		return nil, err
	}
	posts, err := all(ctx, r, func(id *int64) []any { return []any{id} }, `SELECT o.id FROM post o JOIN section s ON s.id = o.section_id ORDER BY s.pos, s.id, o.pos, o.id`)
	if err != nil {
		return nil, err
	}
	holders, err := r.Holders(ctx, 0)
	if err != nil {
		return nil, err
	}
	section, item, pos, names := map[int64]risk.Section{}, map[int64]risk.PowerItem{}, map[int64]int{}, map[int64][]string{}
	for _, s := range sections {
		section[s.ID] = s
	}
	for _, i := range items {
		item[i.ID] = i
	}
	for n, id := range posts {
		pos[id] = n
	}
	for _, h := range holders {
		names[h.Post.ID] = append(names[h.Post.ID], h.Person.Name)
	}
	out := make([]risk.Publishable, len(points))
	for i, p := range points {
		out[i] = risk.Publishable{Point: p, Section: section[p.Post.SectionID], Item: item[p.Node.ItemID], Holders: names[p.Post.ID]}
		if p.Node.ItemID == 0 { // never came on the catalogue: only its name is known
			out[i].Item.Name = p.Node.Item
		}
	}
	// Points come by form and number; a post's forms keep that order.
	slices.SortStableFunc(out, func(a, b risk.Publishable) int { return cmp.Compare(pos[a.Point.Post.ID], pos[b.Point.Post.ID]) })
	return out, nil
}

// AddPlacement keeps evidence that a notice was to be seen, and fills ID.
func (r *Register) AddPlacement(ctx context.Context, p *notice.Placement) error {
	err := r.DB.q(ctx).QueryRow(ctx, `INSERT INTO placement (notice, kind, place, on_day, photo, by_person) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
		p.Notice, p.Kind, p.Place, nullDay(p.On), p.Photo, null(p.By)).Scan(&p.ID)
	if err != nil {
		return fmt.Errorf("add placement: %w", err)
	}
	p.HasPhoto = len(p.Photo) > 0
	return nil
}

// Placements are the evidence of a notice in the order it was brought, without the photos.
func (r *Register) Placements(ctx context.Context, of int64) ([]notice.Placement, error) {
	list, err := all(ctx, r, func(p *notice.Placement) []any {
		return []any{&p.ID, &p.Notice, &p.Kind, &p.Place, day{&p.On}, &p.HasPhoto, ref{&p.By}}
	}, `SELECT id, notice, kind, place, on_day, coalesce(length(photo), 0) > 0, by_person FROM placement WHERE notice = $1 ORDER BY id`, of)
	if err != nil {
		return nil, fmt.Errorf("placements: %w", err)
	}
	return list, nil
}

// Photo is the JPEG of a placement; risk.ErrNone when there is none.
func (r *Register) Photo(ctx context.Context, placement int64) (photo []byte, err error) {
	err = r.DB.q(ctx).QueryRow(ctx, `SELECT photo FROM placement WHERE id = $1 AND length(photo) > 0`, placement).Scan(&photo)
	return photo, found(err, "photo", placement)
}

// AddOpening notes where one of the five openings stands, and fills ID.
func (r *Register) AddOpening(ctx context.Context, o *notice.Opening) error {
	err := r.DB.q(ctx).QueryRow(ctx, `INSERT INTO opening (what, audience, place, from_on, until_on, by_person) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
		o.What, o.Audience, o.Place, nullDay(o.From), nullDay(o.Until), null(o.By)).Scan(&o.ID)
	if err != nil {
		return fmt.Errorf("add opening: %w", err)
	}
	return nil
}

// Openings are all that were noted, also those that are over, the latest first.
func (r *Register) Openings(ctx context.Context) ([]notice.Opening, error) {
	list, err := all(ctx, r, func(o *notice.Opening) []any {
		return []any{&o.ID, &o.What, &o.Audience, &o.Place, day{&o.From}, day{&o.Until}, ref{&o.By}}
	}, `SELECT id, what, audience, place, from_on, until_on, by_person FROM opening ORDER BY from_on DESC, id DESC`)
	if err != nil {
		return nil, fmt.Errorf("openings: %w", err)
	}
	return list, nil
}

// Images reports whether citizens may add a photo to what they say.
func (r *Register) Images(ctx context.Context) (bool, error) {
	v, _, err := r.Setting(ctx, ImagesSetting)
	return v == "on", err
}

// SetImages switches photos on or off.
func (r *Register) SetImages(ctx context.Context, on bool) error {
	return r.SetSetting(ctx, ImagesSetting, map[bool]string{true: "on", false: "off"}[on])
}
