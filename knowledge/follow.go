package knowledge

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	moreRe = regexp.MustCompile(`^(?:那|那么)?(?:还有|还有没有|有没有)?(?:别的|其他的?|其它的?|更多的?|另外的?|还有|下一条|继续|接着说?|再来一条)(?:规定|条款|依据|说法|要求)?(?:吗|呢|么|没有|吧)?$`)
	// A question that leaves its subject out altogether.
	bareRe = regexp.MustCompile(`^(?:那|那么|请问|这)?(?:是|又是|又|应该|应当|该|要|得|都)?(?:为什么|为啥|为何|凭什么|什么依据|依据是什么|依据呢|有什么依据|哪(?:一)?条(?:规定)?(?:的)?|谁负责|谁来负责|由谁负责|由谁来负责|谁来管|谁管|归谁管|怎么办|怎么处理|如何处理|怎么做|具体怎么做|具体呢|怎么写|多久|多久一次|多长时间|什么时候|什么时间|期限多久|期限呢|时限呢|要交?什么材料|需要什么材料|材料呢|后果是什么|有什么后果|不做会怎样|不做会怎么样|举个例子|有例子吗|例外呢|有例外吗)(?:呢|啊|呀|吗)?$`)
	// 这个由谁负责, 它包括哪些; not 这次, 这里.
	pointRe = regexp.MustCompile(`^(?:那|那么)?(?:这个|这种情况|这种|这项|这类|这些|它们|它|上述|前面说的|刚才说的|上面说的|那个)(.+)$`)
	thisRe  = regexp.MustCompile(`^这((?:是|要|由|怎么|如何|归|算|有|需|应|能|可以|多|谁|属于|包括).+)$`)
	// 那副科级呢, 换成处级的呢.
	turnRe = regexp.MustCompile(`^(那么|那|如果是|要是|换成|假如是|对于|至于|轮到)?(.{1,20}?)(?:的话)?(呢|怎么样|又怎么样|又怎么说|又是怎么样|也一样吗|也是吗|也这样吗|的呢)$`)
	// what may stand in for each other.
	kindsRe = []*regexp.Regexp{
		regexp.MustCompile(`(?:正|副)?(?:乡科|县处|厅局|省部|国|科|处|厅|局|部|股|乡|县)级(?:正职|副职)?`),
		regexp.MustCompile(`(?:[一二三四五1-5]|最?高|中|最?低)级|[ⅠⅡⅢIV]+级`),
		regexp.MustCompile(`岗位职责|工作流程|制度机制|思想道德|外部环境`),
		regexp.MustCompile(`附[表件][一二三四五六七八九0-9]+`),
		regexp.MustCompile(`副?(?:股长|科长|处长|局长|院长|主任)|分管领导|主要领导|班子成员|经办人|工作人员|负责人|纪检组|领导小组|防控办`),
		regexp.MustCompile(`执法局|交通局|县局|市局|院校|学院|学校|县级部门|机关|事业单位|企业|医院`),
		regexp.MustCompile(`党员|公务员|参公人员|事业(?:单位|编)人员|聘用人员|临聘人员|辅警|离退休人员|离职人员|村干部`),
		regexp.MustCompile(`父母|配偶|妻子|丈夫|子女|儿子|女儿|亲属|亲戚|兄弟姐妹|岳父母|公婆|同学|朋友`),
		regexp.MustCompile(`初评|初审|复审|审核|审批|审定|公示|归档`),
		regexp.MustCompile(datePart),
	}
	headEndRe = regexp.MustCompile(`(?:应当|应该|需要|可以|必须|由|要|是|会|的|该|能|都|有|分为|分|贴|放)+$`)
)

// follow reads a question in its talk. A complete question comes back as it is; one
// that leaves its subject out takes it from the question before. more: asks for what
// else there is.
func follow(text, before string) (said string, more bool, reason Reason) {
	core := strings.TrimFunc(text, func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSpace(r) || unicode.IsSymbol(r) })
	core = strings.ReplaceAll(core, " ", "")
	switch {
	case moreRe.MatchString(core):
		if before == "" {
			return text, true, NoSubject
		}
		return before, true, ""
	case bareRe.MatchString(core):
		if before == "" {
			return text, false, NoSubject
		}
		return subject(before) + strings.TrimPrefix(strings.TrimPrefix(core, "那么"), "那"), false, ""
	case before == "":
		return text, false, ""
	}
	if day := trimAsk(core); anyDateRe.FindString(day) == day && day != "" { // 那2021年呢
		var u understood
		return day + "的规定，" + u.asOf(before, before), false, ""
	}
	if onlyDay(core) {
		var u understood
		return trimAsk(core) + "，" + u.asOf(before, before), false, ""
	}
	if m := pointRe.FindStringSubmatch(core); m != nil && utf8.RuneCountInString(m[1]) <= 20 {
		return subject(before) + m[1], false, ""
	}
	if m := thisRe.FindStringSubmatch(core); m != nil && utf8.RuneCountInString(m[1]) <= 20 {
		return subject(before) + m[1], false, ""
	}
	if m := turnRe.FindStringSubmatch(core); m != nil && !askRe.MatchString(strings.TrimSuffix(m[2], "的")) && (m[1] != "" || !strings.HasSuffix(m[3], "怎么样") || sameKind(m[2], before)) {
		if other := strings.TrimSuffix(m[2], "的"); other != "" {
			return turn(before, other), false, ""
		}
	}
	return text, false, ""
}

var dayAskRe = regexp.MustCompile(`^(?:那么|那|按|按照)+|(?:是什么|是怎么规定的|是怎么说的|怎么规定的?|怎么说的?|是怎样的?|呢|吗)+$`)

// trimAsk takes the asking off a question that only names a day.
func trimAsk(core string) string { return dayAskRe.ReplaceAllString(core, "") }

// onlyDay reports whether a question names nothing but the day, or the text, whose law
// is asked for: 2015年的规定, 那当时的规定呢, 修订前呢.
func onlyDay(core string) bool {
	core = trimAsk(core)
	for _, re := range []*regexp.Regexp{revisedRe, beforeRe, asOfRe, thenRe, previousRe, presentRe} {
		if core != "" && re.FindString(core) == core {
			return true
		}
	}
	return false
}

// sameKind reports whether one of the things that stand in for each other is in both:
// 处级怎么样 goes on about 副科级, 今天天气怎么样 about nothing.
func sameKind(a, b string) bool {
	for _, kind := range kindsRe {
		if kind.MatchString(a) && kind.MatchString(b) {
			return true
		}
	}
	return false
}

// subject is what a question asks about: the question without its asking.
func subject(q string) string {
	q = strings.TrimFunc(askRe.ReplaceAllString(q, " "), func(r rune) bool {
		return unicode.IsPunct(r) || unicode.IsSpace(r) || unicode.IsSymbol(r)
	})
	q = strings.Join(strings.Fields(q), "")
	return headEndRe.ReplaceAllString(q, "")
}

// turn asks the question again about something else.
func turn(before, other string) string {
	before = strings.TrimRight(before, "？?。！! ")
	for _, kind := range kindsRe {
		mine, theirs := kind.FindString(other), kind.FindString(before)
		if mine == "" || theirs == "" || mine == theirs {
			continue
		}
		if rest := strings.Replace(other, mine, "", 1); rest != "" && !strings.Contains(before, rest) {
			mine = other
		}
		return strings.Replace(before, theirs, mine, 1)
	}
	// 审批岗位 → 采购岗位: they end alike.
	rs, os := []rune(before), []rune(other)
	for k := len(os) - 1; k >= 2; k-- {
		tail := string(os[len(os)-k:])
		at := strings.Index(before, tail)
		if at < 0 {
			continue
		}
		if head := utf8.RuneCountInString(before[:at]); head <= 6 && !askRe.MatchString(before[:at]) {
			return other + string(rs[head+k:])
		}
		break
	}
	// 什么是风险点 → 什么是风险面; 风险点怎么写 → 措施怎么写.
	if at := askRe.FindStringIndex(before); at != nil {
		head, tail := before[:at[0]], before[at[1]:]
		if head == "" && !asking(tail) && utf8.RuneCountInString(tail) <= 10 {
			return before[at[0]:at[1]] + other
		}
		end := headEndRe.FindString(head)
		if name := strings.TrimSuffix(head, end); name != "" && utf8.RuneCountInString(name) <= 6 {
			return other + end + before[at[0]:]
		}
	}
	return other + "，" + before
}
