package clause

import (
	"path"
	"regexp"
	"strings"
	"time"
	"unicode"

	"qingfeng/knowledge"
	"qingfeng/knowledge/ingest/read"
)

// about is what a document says about itself.
type about struct {
	title, issuer, number, label string
	authority                    knowledge.Authority
	effective, repealed          time.Time
	flags                        []knowledge.Flag
	// titleLines are the lines that are the title and nothing else.
	titleLines map[int]bool
	file       fileName
}

const types = `法|条例|规定|办法|细则|方案|意见|通知|通报|决定|决议|准则|制度|规则|规程|规范|解释|批复|答复|复函|函|公告|通告|公报|报告|纲要|规划|计划|要点|指引|指南|手册|守则|章程|宪法|标准|预案|清单|目录|流程|措施|解读|讲义|知识|问答|读本|汇编|教材|提纲|心得|讲话|纪要|须知|承诺书|倡议书|机制|体系|样表|法典|修正案|若干问题|工作法`

var (
	titleEnd  = regexp.MustCompile(`(?:` + types + `)(?:[（(](?:试行|暂行|修订|修订版|修正|修订稿|草案|征求意见稿|送审稿|[一二三四五六七八九十]{1,2}|(?:19|20)\d\d年?[^（）()]{0,12})[)）])*[》]?$`)
	typeRE    = regexp.MustCompile(`(?:` + types + `)(?:[（(](?:试行|暂行|[一二三四五六七八九十]{1,2})[)）])?`)
	numberRE  = regexp.MustCompile(`([\p{Han}A-Za-z]{1,16}?)\s?[〔\[（(【﹝［]\s?((?:19|20)\d\d)\s?年?\s?[〕\]）)】﹞］]\s?(?:第\s?)?(\d{1,5})\s?号`)
	orderRE   = regexp.MustCompile(`(中华人民共和国主席令|主席令|国务院令|(?:[\p{Han}]{2,20}(?:部|局|委员会|总署|政府|银行|会|院|署))?令|公告)\s?[（(]?\s?((?:19|20)\d\d年)?第?\s?(\d{1,4}|[〇零一二三四五六七八九十百]{1,6})\s?号`)
	headRE    = regexp.MustCompile(`^([\p{Han}（）()]{2,30}?)(?:文件|公文)$`)
	regards   = regexp.MustCompile(`^([\p{Han}、 ]{2,40}?)(?:关于|印发|转发)`)
	regarding = regexp.MustCompile(`^(?:关于|印发|转发)`)
	orgRE     = regexp.MustCompile(`^[\p{Han}]{2,24}?(?:人民代表大会常务委员会|人民代表大会|人民政府|委员会|办公厅|办公室|人民法院|检察院|大学|学院|学校|中学|医院|集团|公司|银行|中心|党组|党委|纪委|监委|总局|税务局|管理局|执法局|监察局|公安局|财政局|教育局|卫健委|[市县区省州]委|[市县区省州]政府|厅|局|院|部)`)
	signRE    = regexp.MustCompile(`^[\p{Han}（）()、 ]{3,40}$`)
	adopted   = regexp.MustCompile(`(全国人民代表大会常务委员会|全国人民代表大会|最高人民法院|最高人民检察院|国务院|[\p{Han}]{2,12}人民代表大会常务委员会|[\p{Han}]{2,12}人民政府)[^。]{0,40}(?:通过|公布|发布|批准|修订|修正)`)
	ordinal   = regexp.MustCompile(`第[〇零一二三四五六七八九十百0-9]+届`)

	inForce    = regexp.MustCompile(`自([^。；自]{0,14}?\d[^。；]{0,12}?|[一二][〇零○一二三四五六七八九]{3}年[^。；]{2,8})\s?(?:起|开始)?\s?(?:施行|实施|生效|执行|试行|起施行)`)
	history    = regexp.MustCompile(`(?:通过|修订|修正|修改|公布|发布|颁布|批准|印发)`)
	validUntil = regexp.MustCompile(`有效期(?:限)?(?:截?至|到)([^。；，,]{6,16})`)
	validFor   = regexp.MustCompile(`有效期(?:限)?(?:为)?\s?([0-9一二三四五六七八九十两]{1,2})\s?年`)
	onlyDate   = regexp.MustCompile(`^[（(]?\s?(?:(?:19|20)\d\d|[一二][〇零○ＯO九0一二三四五六七八]{3})\s?年\s?[0-9一二三四五六七八九十]{1,3}\s?月\s?[0-9一二三四五六七八九十]{1,3}\s?日\s?(?:印发|发布|公布)?\s?[)）]?$`)
	lapsedRE   = regexp.MustCompile(`[（(【\[]?已?(?:废止|失效)[)）】\]]?$|[（(【\[](?:已)?(?:废止|失效|已被废止|全文废止)[)）】\]]`)
)

// describe reads the metadata: what is said outright first, then what the top and the
// end of the text show, then the file name.
func describe(b body, t read.Text, f front, file string) *about {
	a := &about{titleLines: map[int]bool{}, file: readName(file)}
	top := a.top(b)
	if t.Format == "xlsx" {
		a.caption(b)
	} else {
		a.findTitle(b, f, top)
	}
	if a.title == "" && a.file.good {
		if a.title = cleanTitle(t.Title); a.title == "" || !titleEnd.MatchString(a.title) {
			a.title = a.file.title
		}
	}
	a.findNumber(b, f, top)
	a.findIssuer(b, f, top)
	a.findDates(b, f, top)
	a.authority = rank(a.title, a.issuer, a.number)
	if lapsedRE.MatchString(a.file.name) || lapsedRE.MatchString(f.any("title", "标题", "名称")) || lapsedRE.MatchString(f.any("有效性")) {
		if a.repealed.IsZero() {
			a.flags = append(a.flags, knowledge.Flag{Code: Lapsed, Text: a.file.name})
		}
	}
	return a
}

func (f front) any(names ...string) string {
	for _, n := range names {
		if v := f[n]; v != "" {
			return v
		}
	}
	return ""
}

// top is the number of lines above the text proper: up to the first heading or the
// first paragraph, at most 30.
func (a *about) top(b body) int {
	for i, l := range b.lines {
		m, ok := parse(l.runes, 0)
		switch {
		case i >= 30, l.table:
			return i
		case ok && !m.refers && m.kind != annex && !(l.level == 1 && i < 3) && m.kind.structural():
			return i
		case ok && !m.refers && m.kind != annex && l.level != 1 && i > 0:
			return i
		case len(l.runes) > 2*widestHeading && !history.MatchString(l.text()):
			return i
		case len(l.runes) > 40 && strings.HasSuffix(l.text(), "。"):
			return i
		}
	}
	return len(b.lines)
}

// findTitle takes the first line at the top that reads like a title, with the line
// before it if that is its first half.
func (a *about) findTitle(b body, f front, top int) {
	if v := f.any("title", "标题", "名称"); v != "" {
		a.title, a.label = cleanTitle(v), labelOf(v)
	}
	found := -1
	for i := 0; i < min(top+1, len(b.lines)); i++ {
		l := b.lines[i]
		text := squeeze(l.text())
		if l.table || count(text) < 2 || frontRE.MatchString(text) || skipTitle(text) {
			continue
		}
		if i == top && !(l.level == 1) {
			break
		}
		if _, numbered := parse(l.runes, 0); l.level == 1 && !numbered && count(text) <= widestHeading+20 && !strings.Contains(text, "。") ||
			count(text) <= widestHeading+10 && titleEnd.MatchString(text) && !strings.ContainsAny(text, "。；：") {
			found = i
			break
		}
	}
	for i := 0; i < found; i++ {
		// 附件： above the title of what is attached.
		if m, ok := parse(b.lines[i].runes, 0); ok && m.kind == annex && len(b.lines[i].runes) <= 8 {
			a.titleLines[i] = true
		}
	}
	if found >= 0 {
		from := found
		title := squeeze(b.lines[found].text())
		// A title of two lines: 某某局关于开展… / …工作的通知.
		for from > 0 && found-from < 2 && b.lines[found].level != 1 {
			p := squeeze(b.lines[from-1].text())
			if !half(p, title) {
				break
			}
			title, from = p+title, from-1
		}
		for i := from; i <= found; i++ {
			a.titleLines[i] = true
		}
		// Printed once more right below.
		for i := found + 1; i < min(len(b.lines), found+3); i++ {
			if squeeze(b.lines[i].text()) == title {
				a.titleLines[i] = true
			}
		}
		if a.title == "" {
			a.title, a.label = cleanTitle(title), labelOf(title)
		}
	}
	if a.title == "" && len(b.lines) > 0 {
		a.title = inlineTitle(b.lines[0].runes)
	}
}

// caption takes what stands above the first table of a workbook for its title. The
// names of sheets are none.
func (a *about) caption(b body) {
	for i := range min(len(b.lines)-1, 4) {
		l := b.lines[i]
		if text := squeeze(l.text()); l.level == 0 && !l.table && b.lines[i+1].table && count(text) >= 4 && count(text) <= widestHeading {
			a.title, a.label = cleanTitle(text), labelOf(text)
			a.titleLines[i] = true
			return
		}
	}
}

var halfRE = regexp.MustCompile(`(?:关于|的|开展|加强|建立|进一步|深化|推进|做好|印发|和|与|、|》|委|府|局|厅|部|室|院|司|会|公司)$`)

// half reports whether a line is the first half of a title that goes on in the next.
func half(line, next string) bool {
	return count(line) >= 4 && count(line) <= 40 && count(line)+count(next) <= widestHeading+20 &&
		!titleEnd.MatchString(line) && !strings.ContainsAny(line, "。；：:>，,0123456789〔") && !headRE.MatchString(line) &&
		(strings.Contains(line, "关于") || halfRE.MatchString(line)) && !skipTitle(line)
}

// skipTitle are lines at the top that are no title.
func skipTitle(s string) bool {
	m, ok := parse([]rune(s), 0)
	return ok && (m.kind == annex || m.kind > article) || headRE.MatchString(s) || onlyDate.MatchString(s) ||
		numberRE.MatchString(s) && count(s) <= 40 && !titleEnd.MatchString(s) || s == "目录" || strings.HasSuffix(s, "：") || strings.HasSuffix(s, ":")
}

var inlineStart = regexp.MustCompile(`^(?:为|第[一二三四五六]部分|根据|按照|依据|遵照|各|第一[章条]|一、|目录|[（(]|\s)`)

var lawStart = regexp.MustCompile(`^\s*第一[编章条]`)

// inlineTitle is the title of a text that is one line: what stands before 为了, 根据.
func inlineTitle(r []rune) string {
	s := string(r[:min(len(r), 80)])
	for _, m := range typeRE.FindAllStringIndex(s, -1) {
		before := s[:m[1]]
		if (count(before) >= 5 || count(before) >= 3 && lawStart.MatchString(s[m[1]:])) && !strings.ContainsAny(before, "。；，,：:") && inlineStart.MatchString(s[m[1]:]) {
			return cleanTitle(before)
		}
	}
	return ""
}

// fallback names a document whose text begins without a title.
func (a *about) fallback(heads []head, t read.Text, file string) {
	a.title = cleanTitle(t.Title)
	for _, h := range heads {
		if a.title == "" && h.kind == plain && !h.qa && !bareRE.MatchString(h.name) && titleEnd.MatchString(trailing.ReplaceAllString(h.name, "")) {
			a.title = cleanTitle(trailing.ReplaceAllString(h.name, ""))
		}
	}
	if a.title == "" {
		a.title = a.file.title
	}
	if a.title == "" {
		a.title = file
	}
	a.authority = rank(a.title, a.issuer, a.number)
}

var trailing = regexp.MustCompile(`\s?[0-9]{1,4}$`)

// fileName is what a file's name says.
type fileName struct {
	name  string // without folder and extension
	title string
	label string
	dates []time.Time
	good  bool // has words enough for a title
}

func readName(file string) fileName {
	name := path.Base(strings.ReplaceAll(file, `\`, "/"))
	for range 2 {
		if ext := path.Ext(name); len(ext) > 1 && len(ext) <= 6 && len(ext) < len(name) && extRE.MatchString(ext) {
			name = strings.TrimSuffix(name, ext)
		}
	}
	f := fileName{name: name, label: labelOf(name), dates: fileDates(name)}
	f.title = cleanTitle(name)
	words := 0
	for _, r := range f.title {
		if unicode.Is(unicode.Han, r) {
			words++
		}
	}
	f.good = words >= 3
	return f
}

var (
	extRE = regexp.MustCompile(`^\.[A-Za-z][A-Za-z0-9]{1,4}$`)
	// What is no part of a title: extensions, sites, dates, notes of revision, copies.
	siteRE     = regexp.MustCompile(`(?i)^(?:[【\[](?:[^】\]]{0,12}(?:下载|文库|网|收藏|转载|精品|最新)[^】\]]{0,12})[】\]]\s?|(?:www\.)?[a-z0-9-]+\.(?:com|cn|net|org)(?:\.cn)?[_\-\s]+|(?:下载|文库|淘文阁|豆丁|道客巴巴|百度文库|原创力)[_\-\s：:]+)`)
	siteTailRE = regexp.MustCompile(`(?i)[_\-|–—\s]+[^_\-|–—\s《》]{0,16}(?:网|文库|下载|官网|门户|门户网站|范文|\.com|\.cn)$`)
	extInRE    = regexp.MustCompile(`(?i)\d*\.(?:docx?|pdf|txt|wps|ofd|html?|xlsx?|md)`)
	notesRE    = regexp.MustCompile(`\s?[（(【\[〔]\s?(?:(?:[^（()）【】〔〕\[\]]{0,12})?(?:19|20)\d\d[^（()）【】〔〕\[\]]{0,16}|\d{1,3}|修订|修正|修订版|修订稿|最新版?|全文|完整版|清晰版|正式版|定稿|终稿|印发稿|已?废止|已?失效|现行有效|有效|\d+页[^（()）]{0,6}|(?i:word|pdf)版?|副本|复件)\s?[)）】\]〕]`)
	dateTailRE = regexp.MustCompile(`[\s_\-—–·.]*(?:(?:19|20)\d\d[-._年/]\d{1,2}[-._月/]\d{1,2}日?|(?:19|20)\d\d[01]\d[0-3]\d)(?:修订|修正|公布|发布|施行|版)?\s*$`)
	dateHeadRE = regexp.MustCompile(`^(?:(?:19|20)\d\d[-._年/]\d{1,2}[-._月/]\d{1,2}日?|(?:19|20)\d\d[01]\d[0-3]\d)[\s_\-—–·.]+`)
	copyRE     = regexp.MustCompile(`(?:\s?-\s?副本|\s?-\s?复制|\s?_?副本|\s?[_-](?:最新|完整|最终|定稿|修改)?版?|\s?v\d+(?:\.\d+)*|[_\s]+\d{1,4})$`)
	versionRE  = regexp.MustCompile(`[（(_\s]?((?:19|20)\d\d)\s?年?\s?(修订|修正|修改|修正案?|版)(?:版|稿|本)?[)）]?$`)
	labelRE    = regexp.MustCompile(`((?:19|20)\d\d)\s?年?\s?(?:[0-9]{1,2}月\s?(?:[0-9]{1,2}日)?\s?)?(修订|修正|修改|公布|版)`)
)

// cleanTitle takes off what is not part of a title.
func cleanTitle(s string) string {
	s = squeeze(s)
	if m := regexp.MustCompile(`^《([^《》]+)》$`).FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	for range 4 {
		was := s
		s = siteRE.ReplaceAllString(s, "")
		s = siteTailRE.ReplaceAllString(s, "")
		s = extInRE.ReplaceAllString(s, "")
		s = versionRE.ReplaceAllString(s, "")
		s = notesRE.ReplaceAllString(s, "")
		s = dateTailRE.ReplaceAllString(s, "")
		s = dateHeadRE.ReplaceAllString(s, "")
		s = copyRE.ReplaceAllString(s, "")
		s = strings.TrimLeft(strings.Trim(s, " _-—·.，,、;；:：#"), "#")
		if bold := strings.TrimPrefix(strings.TrimSuffix(s, "**"), "**"); count(bold)+4 == count(s) {
			s = bold
		}
		if m := regexp.MustCompile(`^《([^《》]+)》$`).FindStringSubmatch(s); m != nil {
			s = m[1]
		}
		if s == was {
			break
		}
	}
	if !strings.ContainsFunc(s, unicode.IsLetter) {
		return ""
	}
	return string([]rune(s)[:min(count(s), 120)])
}

// labelOf is how people name the version: 2023年修订.
func labelOf(s string) string {
	if m := labelRE.FindStringSubmatch(s); m != nil {
		return m[1] + "年" + m[2]
	}
	return ""
}

// findNumber finds the document's own 文号: said outright, or near the title in a line
// of its own; one that the text cites stands in a sentence.
func (a *about) findNumber(b body, f front, top int) {
	if v := f.any("number", "文号", "发文字号"); v != "" {
		if a.number = numberIn(v); a.number == "" {
			a.number = strings.Join(strings.Fields(v), "")
		}
		return
	}
	for i := 0; i < min(top, len(b.lines)); i++ {
		text := b.lines[i].text()
		n := numberIn(text)
		if n == "" || count(text) > 60 || citeRE.MatchString(text) {
			continue
		}
		a.number = n
		return
	}
}

var citeRE = regexp.MustCompile(`(?:根据|依据|按照|依照|贯彻|落实|执行|》\s?[（(][\p{Han}]+[〔\[(（])`)

// numberIn writes a 文号 one way: 某发〔2012〕34号, 国务院令第123号.
func numberIn(s string) string {
	if m := numberRE.FindStringSubmatch(s); m != nil {
		return strings.TrimPrefix(strings.TrimPrefix(m[1], "文号"), "号") + "〔" + m[2] + "〕" + strings.TrimLeft(m[3], "0") + "号"
	}
	if m := orderRE.FindStringSubmatch(s); m != nil {
		return m[1] + m[2] + "第" + m[3] + "号"
	}
	return ""
}

// findIssuer finds who issued the document.
func (a *about) findIssuer(b body, f front, top int) {
	if a.issuer = f.any("issuer", "发文机关", "发布机关", "制定机关", "发文单位", "发布单位"); a.issuer != "" {
		return
	}
	for i := 0; i < min(top, len(b.lines)); i++ {
		if m := headRE.FindStringSubmatch(squeeze(b.lines[i].text())); m != nil && orgRE.MatchString(m[1]) {
			a.issuer = m[1]
			return
		}
	}
	for i := 0; i < min(top, len(b.lines)); i++ {
		text := b.lines[i].text()
		if m := adopted.FindStringSubmatch(ordinal.ReplaceAllString(text, "")); m != nil && dateRE.MatchString(text) {
			a.issuer = sinceDate(m[1])
			return
		}
	}
	for _, p := range []struct{ has, is string }{{"主席令", "全国人民代表大会常务委员会"}, {"国务院令", "国务院"}} {
		if strings.Contains(a.number, p.has) {
			a.issuer = p.is
			return
		}
	}
	title := strings.TrimPrefix(a.title, "《")
	if m := regards.FindStringSubmatch(title); m != nil && !regarding.MatchString(title) {
		a.issuer = strings.TrimSpace(m[1])
		return
	}
	if strings.HasPrefix(title, "最高人民法院") || strings.HasPrefix(title, "最高人民检察院") {
		a.issuer = orgRE.FindString(title)
		return
	}
	if i := a.signed(b); i >= 0 {
		a.issuer = strings.Join(strings.Fields(b.lines[i].text()), "")
		return
	}
	if m := orgRE.FindString(title); m != "" && !strings.HasPrefix(title, "中华人民共和国") && count(m) < count(title)-2 {
		a.issuer = m
	}
}

func sinceDate(s string) string {
	if i := strings.LastIndexAny(s, "日"); i >= 0 {
		s = s[i+len("日"):]
	}
	return s
}

// signed is the line of the signature: an office's name above the date at the end, or
// at the end of the notice that what follows is attached to.
func (a *about) signed(b body) int {
	for i := len(b.lines) - 1; i > 0 && i >= len(b.lines)-10; i-- {
		if onlyDate.MatchString(b.lines[i].text()) {
			if office(b.lines[i-1]) {
				return i - 1
			}
			return -1
		}
	}
	for i := 1; i < len(b.lines); i++ {
		if onlyDate.MatchString(b.lines[i].text()) && office(b.lines[i-1]) {
			return i - 1
		}
	}
	return -1
}

// office reports a line that is the name of an office and nothing else.
func office(l line) bool {
	name := squeeze(l.text())
	return signRE.MatchString(name) && orgRE.FindString(name) == name
}

// rank is the level of a document by its name and who issued it.
func rank(title, issuer, number string) knowledge.Authority {
	is := func(pattern string, s string) bool { return regexp.MustCompile(pattern).MatchString(s) }
	base := strings.TrimRight(regexp.MustCompile(`[（(][^（）()]*[)）]$`).ReplaceAllString(title, ""), "》")
	state := is(`人民政府|办公厅|[省市县区州]委|纪委|监委|[省市县区州]政府|委员会|国务院|厅$|总局|部$`, issuer)
	switch {
	case title == "":
		return knowledge.Unknown
	case is(`(解读|讲义|知识|问答|读本|汇编|教材|心得|释义|对策|对策与措施|案例|提纲|手册|指南|体会|讲话)`, base) && !is(`(通知|方案|办法|规定)$`, base):
		return knowledge.Guidance
	case is(`^中华人民共和国宪法`, base):
		return knowledge.Constitution
	case is(`^最高人民(法院|检察院)|^(最高人民法院|最高人民检察院)`, base) && is(`(解释|规定|批复|解答|意见|决定)$`, base), is(`^(法释|高检发释字)`, number):
		return knowledge.Judicial
	case is(`^中华人民共和国[\p{Han}]+(法|法典)$`, base), is(`^[\p{Han}]{2,14}(?:[^方办立司书执])法$`, base) && !is(`(工作法|办法|方法)$`, base), is(`全国人民代表大会`, issuer+base) && is(`(法|法典|决定|决议)$`, base):
		return knowledge.Law
	case is(`条例(实施细则)?$|条例实施办法$`, base), is(`^(中国共产党|中共中央)`, base) && is(`(准则|规定|规则|章程|办法|细则)$`, base), is(`国务院令`, number), issuer == "国务院":
		return knowledge.Regulation
	case is(`令`, number) && is(`(办法|规定|细则|规则|规程|标准)$`, base):
		return knowledge.Departmental
	case is(`^中华人民共和国`, base) && is(`(办法|规定|细则|规则)$`, base):
		return knowledge.Departmental
	case is(`(通知|意见|方案|制度|办法|规定|细则|规则|规程|规范|决定|要点|计划|规划|纲要|措施|守则|标准|指引|预案|机制|公告|通告|准则|清单|目录|流程|须知|承诺书)$`, base):
		if state || is(`^[\p{Han}*×X]{1,8}[省市县区州]`, base) && !is(`(学院|大学|医院|公司|学校|局|中心|所)`, base) {
			return knowledge.LocalNotice
		}
		return knowledge.UnitRule
	}
	return knowledge.Unknown
}
