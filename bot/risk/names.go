package risk

import (
	"strings"
	"unicode/utf8"
)

// NamedIn is a name that makes somebody recognisable in a text that is to be published
// (张局长, 李建国主任, 王某某, and a bare name beside a deed), or "". A text that is nothing
// but who does something (alone) is also asked whether it is a bare name: 王强, but not
// 支付岗 or 科室负责人.
func NamedIn(text string, alone bool) string {
	s := narrow(text)
	for _, st := range sentences(s) {
		if n := namedPerson(st); n != "" {
			return n
		}
	}
	if !alone {
		return ""
	}
	d := doors()
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(d.PartBreaks, r) }) {
		sur := surnameAt(part, 0)
		n := utf8.RuneCountInString(part)
		if sur == "" || n < 2 || n > 4 || n > 3 && utf8.RuneCountInString(sur) == 1 || !allHan(part) {
			continue
		}
		if hasPrefixAny(part, guards().NotNames) || strings.ContainsAny(strings.TrimPrefix(part, sur), d.RoleSigns) || containsAny(part, d.RoleWords) {
			continue
		}
		return part
	}
	return ""
}
