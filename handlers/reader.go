package handlers

import (
	"qingfeng/bot"
	"qingfeng/knowledge"
)

// ReaderOf is what somebody of the roster may read: what is public and what is for the
// whole unit, and what is for a role they hold or a section they work in today. Who is
// not in the roster reads as a citizen.
func ReaderOf(a bot.Actor, sections ...string) knowledge.Reader {
	if a.Person == 0 {
		return knowledge.Citizen()
	}
	var more []string
	for _, r := range a.Roles {
		more = append(more, "role:"+string(r))
	}
	for _, s := range sections {
		more = append(more, "section:"+s)
	}
	return knowledge.Member(more...)
}
