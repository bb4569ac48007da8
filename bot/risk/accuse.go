package risk

import "strings"

// Accuses reports whether a text, be it a question, is about what a recognisable person
// may have done wrong (王强收没收钱, 李局长有没有问题). The red-line guard lets such a
// question in, since nothing is told in it; it has no place in a search all the same. An
// example that begins with 如果 or 比如 is about nobody.
func Accuses(text string) bool {
	g := guards()
	for _, st := range sentences(narrow(text)) {
		if containsAny(st, g.SuspectFree) {
			continue
		}
		gift := giftDeed(st)
		deed := gift != nil || containsAny(st, g.Strong)
		if !deed && !containsAny(st, g.Suspect) {
			continue
		}
		if titledName(st, g.SuspectBefore...) != "" || anonymousName(st) != "" || fullName(st, g.SuspectBefore...) != "" {
			return true
		}
		// 我们股长收了红包没有: a title is a person where it is said whose.
		if title, at := firstOf(st, g.BareTitles); title != "" && deed && hasSuffixAny(strings.TrimRight(st[:at], " "), g.Whose) {
			return true
		}
	}
	return false
}
