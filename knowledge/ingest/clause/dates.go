package clause

import (
	"regexp"
	"time"

	"qingfeng/knowledge"
)

var (
	dateRE    = regexp.MustCompile(`((?:19|20)\d\d|[一二][〇零○ＯO九0一二三四五六七八]{3})\s?(?:年|[-./])\s?(\d{1,2}|[一二三四五六七八九十]{1,3})\s?(?:月|[-./])\s?(\d{1,2}|[一二三四五六七八九十]{1,3})\s?日?`)
	compactRE = regexp.MustCompile(`(?:^|[^0-9])((?:19|20)\d\d)(0[1-9]|1[0-2])([0-3]\d)(?:$|[^0-9])`)
)

// dates are the civil dates of a text, in order: midnights in China.
func dates(s string) []time.Time {
	var out []time.Time
	for _, m := range dateRE.FindAllStringSubmatch(s, -1) {
		if d, ok := civil(year(m[1]), number(m[2]), number(m[3])); ok {
			out = append(out, d)
		}
	}
	return out
}

// fileDates are the dates of a file name, which may be written without separators.
func fileDates(s string) []time.Time {
	out := dates(s)
	for _, m := range compactRE.FindAllStringSubmatch(s, -1) {
		if d, ok := civil(number(m[1]), number(m[2]), number(m[3])); ok {
			out = append(out, d)
		}
	}
	return out
}

// year reads 2012 and 二〇一二.
func year(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			n = n*10 + int(r-'0')
		case r == '〇' || r == '零' || r == '○' || r == 'Ｏ' || r == 'O':
			n *= 10
		default:
			n = n*10 + number(string(r))
		}
	}
	return n
}

func civil(y, m, d int) (time.Time, bool) {
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.FixedZone("Asia/Shanghai", 8*60*60))
	return t, y >= 1949 && y <= 2199 && t.Year() == y && int(t.Month()) == m && t.Day() == d
}

func latest(ds []time.Time) time.Time {
	var out time.Time
	for _, d := range ds {
		if d.After(out) {
			out = d
		}
	}
	return out
}

// findDates finds from when to when the text holds.
func (a *about) findDates(b body, f front, top int) {
	if a.label == "" {
		a.label = f.any("label", "version", "版本")
	}
	if a.label == "" {
		a.label = a.file.label
	}
	said := func(names ...string) time.Time {
		if ds := dates(f.any(names...)); len(ds) > 0 {
			return ds[0]
		}
		return time.Time{}
	}
	a.effective = said("effective", "施行日期", "实施日期", "生效日期")
	a.repealed = said("repealed", "expires", "废止日期", "失效日期")
	published := said("published", "issued", "发布日期", "公布日期", "成文日期", "印发日期")

	stated := a.statedStart(b)
	changed := a.changes(b, top)
	signed := a.dateline(b, top)
	if a.effective.IsZero() {
		// A revision keeps the day of the first text in its 附则: the latest counts.
		a.effective = latest(append([]time.Time{stated, changed}, a.file.dates...))
	}
	if a.effective.IsZero() {
		a.effective = latest([]time.Time{published, signed})
	}
	if a.effective.IsZero() {
		if m := labelRE.FindStringSubmatch(a.label); m != nil {
			a.effective, _ = civil(number(m[1]), 1, 1)
			a.flags = append(a.flags, knowledge.Flag{Code: YearOnly, Text: a.label})
		}
	}
	if a.label == "" && !changed.IsZero() {
		a.label = a.changedLabel(b, top)
	}
	a.findEnd(b, stated)
}

// lastLines is how far from the end the 附则 and the signature may stand.
const lastLines = 60

// statedStart is the day in the last sentence 自某日起施行 of the text.
func (a *about) statedStart(b body) time.Time {
	for i := len(b.lines) - 1; i >= max(0, len(b.lines)-lastLines*5); i-- {
		found := inForce.FindAllString(tail(b.lines[i].runes, 3000), -1)
		for j := len(found) - 1; j >= 0; j-- {
			if ds := dates(found[j]); len(ds) > 0 {
				return ds[len(ds)-1]
			}
		}
	}
	return time.Time{}
}

// changes is the last day in the note under the title: 通过, 修订, 公布.
func (a *about) changes(b body, top int) time.Time {
	var out time.Time
	for i := 0; i < min(top, len(b.lines)); i++ {
		if text := b.lines[i].text(); history.MatchString(text) && !frontRE.MatchString(text) && !a.titleLines[i] {
			out = latest(append(dates(text), out))
		}
	}
	return out
}

// changedLabel names a version by the last revision in the note under the title.
func (a *about) changedLabel(b body, top int) string {
	label := ""
	for i := 0; i < min(top, len(b.lines)); i++ {
		text := cited.ReplaceAllString(b.lines[i].text(), "") // 《关于修改…的决定》修正
		for _, m := range revisedRE.FindAllStringSubmatch(text, -1) {
			label = m[1] + "年" + m[2]
		}
	}
	return label
}

var cited = regexp.MustCompile(`《[^》]*》`)

var revisedRE = regexp.MustCompile(`((?:19|20)\d\d)年\d{1,2}月\d{1,2}日[^年]{0,60}?(修订|修正|修改)`)

// dateline is the date in a line of its own: under the title or at the end.
func (a *about) dateline(b body, top int) time.Time {
	for i := len(b.lines) - 1; i >= 0 && i >= len(b.lines)-lastLines; i-- {
		if onlyDate.MatchString(b.lines[i].text()) {
			return latest(dates(b.lines[i].text()))
		}
	}
	for i := 0; i < min(top, len(b.lines)); i++ {
		if onlyDate.MatchString(b.lines[i].text()) {
			return latest(dates(b.lines[i].text()))
		}
	}
	return time.Time{}
}

// findEnd reads 有效期: the last day is one on which the text still holds.
func (a *about) findEnd(b body, stated time.Time) {
	if !a.repealed.IsZero() {
		return
	}
	for i := len(b.lines) - 1; i >= max(0, len(b.lines)-lastLines); i-- {
		text := tail(b.lines[i].runes, 3000)
		if m := validUntil.FindStringSubmatch(text); m != nil {
			if ds := dates(m[1]); len(ds) > 0 {
				a.repealed = ds[0].AddDate(0, 0, 1)
				return
			}
		}
		// 本办法…有效期三年; the 有效期 of a licence is another matter.
		if m := validFor.FindStringSubmatch(text); m != nil && !a.effective.IsZero() && ownTerm.MatchString(text) {
			from := a.effective
			if !stated.IsZero() {
				from = stated
			}
			if n := number(m[1]); n > 0 {
				a.repealed = from.AddDate(n, 0, 0)
				return
			}
		}
	}
}

var ownTerm = regexp.MustCompile(`(?:本(?:办法|规定|细则|意见|通知|方案|制度|规则|规范|条例|文件|标准|指引)|施行|实施)[^。]{0,40}有效期`)
