package handlers

import (
	"slices"
	"strings"
	"unicode/utf8"

	"qingfeng/bot/convo"
	"qingfeng/bot/text"
)

// fate is what becomes of a row of an old form.
type fate int

const (
	fateUnsaid fate = iota
	fateKeep
	fateEdit
	fateDrop
)

// hearFates reads what people say of a numbered list: 1沿用 2改 3不要; 一三沿用 二改;
// 1要2不要3改一下; 都要，第2条改; 改2，其他要. It sets the fates it hears and returns the
// rows that are still without one; a number beyond the list is returned alone and
// nothing is set. ok is false for words it does not know: what says something else
// must not be taken for a yes.
func hearFates(said string, rows []OldRow) (missing []int, ok bool) {
	tokens, ok := fateTokens(strings.ToLower(said))
	if !ok {
		return nil, false
	}
	for _, t := range tokens {
		for _, n := range t.rows {
			if n > len(rows) {
				return []int{n}, true
			}
		}
	}
	fates := make([]fate, len(rows))
	for i, r := range rows {
		fates[i] = r.Fate
	}
	if !applyFates(tokens, fates) {
		return nil, false
	}
	for i, f := range fates {
		if rows[i].Fate = f; f == fateUnsaid {
			missing = append(missing, i+1)
		}
	}
	return missing, true
}

// fateToken is a word for what becomes of rows, or which rows are meant.
type fateToken struct {
	fate fate
	rows []int
	all  bool // 都, 全部
	rest bool // 其他
	but  bool // 除了: the rows that follow are meant not to be
}

func fateTokens(said string) (tokens []fateToken, ok bool) {
	for said != "" {
		if t, n := fateWord(said); n > 0 {
			said = said[n:]
			if last := len(tokens) - 1; t.all && last >= 0 && tokens[last].fate == fateUnsaid && (last == 0 || !tokens[last-1].but) {
				continue // 1和2都要, 其他都要: 都 adds nobody
			}
			tokens = append(tokens, t)
			continue
		}
		if n := strings.IndexFunc(said, notNumber); n != 0 {
			if n < 0 {
				n = len(said)
			}
			list, isNumber := runNumbers(said[:n])
			if !isNumber {
				return nil, false
			}
			tokens, said = append(tokens, fateToken{rows: list}), said[n:]
			continue
		}
		r, n := utf8.DecodeRuneInString(said)
		if filler := longest(said, text.WordsOldFiller); filler > 0 {
			n = filler
		} else if !strings.ContainsRune(text.ListSeparators+".:!\n", r) {
			return nil, false
		}
		said = said[n:]
	}
	return tokens, slices.ContainsFunc(tokens, func(t fateToken) bool { return t.fate != fateUnsaid })
}

// fateWord is the longest known word at the front of said, and its length in bytes.
func fateWord(said string) (t fateToken, n int) {
	for _, w := range []struct {
		words string
		token fateToken
	}{
		{text.WordsOldDrop, fateToken{fate: fateDrop}},
		{text.WordsOldEdit, fateToken{fate: fateEdit}},
		{text.WordsOldKeep, fateToken{fate: fateKeep}},
		{text.WordsOldAll, fateToken{all: true}},
		{text.WordsTheRest, fateToken{rest: true}},
		{text.WordsOldBut, fateToken{but: true}},
	} {
		if m := longest(said, w.words); m > n {
			t, n = w.token, m
		}
	}
	return t, n
}

func longest(said, phrases string) (n int) {
	for _, w := range text.Words(phrases) {
		if strings.HasPrefix(said, w) {
			n = max(n, len(w))
		}
	}
	return n
}

func notNumber(r rune) bool { return !strings.ContainsRune(text.NumberSigns, r) }

// runNumbers reads 1、3 and 第2条, and 一三, which people say of the first and the third.
func runNumbers(run string) (list []int, ok bool) {
	if list, ok = convo.Numbers(run); ok {
		return list, true
	}
	for _, r := range run {
		one, isNumber := convo.Numbers(string(r))
		if !isNumber {
			return nil, false
		}
		list = append(list, one...)
	}
	return list, true
}

// applyFates goes through a sentence in order. The word stands behind its numbers
// (1沿用) unless the sentence begins with a word (改2，其他要).
func applyFates(tokens []fateToken, fates []fate) bool {
	var waiting, but []int
	set := func(list []int, f fate) {
		for _, n := range list {
			if !slices.Contains(but, n) {
				fates[n-1] = f
			}
		}
	}
	verbFirst, verb := tokens[0].fate != fateUnsaid, fateUnsaid
	if len(tokens) == 1 { // 都不要 without saying which
		set(unsaid(fates), tokens[0].fate)
		return true
	}
	isFate := func(i int) bool { return i < len(tokens) && tokens[i].fate != fateUnsaid }
	for i, t := range tokens {
		switch {
		case t.fate != fateUnsaid && verbFirst && len(waiting) == 0:
			verb = t.fate
		case t.fate != fateUnsaid:
			set(waiting, t.fate)
			waiting = nil
		case t.but:
		case i > 0 && tokens[i-1].but:
			but = append(but, t.rows...)
		default:
			list := t.meant(fates)
			if verbFirst && !(isFate(i+1) && (i+2 >= len(tokens) || isFate(i+2))) {
				set(list, verb)
				continue
			}
			waiting = append(waiting, list...)
		}
	}
	return len(waiting) == 0
}

// meant are the rows a token speaks of.
func (t fateToken) meant(fates []fate) []int {
	switch {
	case t.rest:
		return unsaid(fates)
	case t.all:
		list := make([]int, len(fates))
		for i := range list {
			list[i] = i + 1
		}
		return list
	}
	return t.rows
}

func unsaid(fates []fate) (list []int) {
	for i, f := range fates {
		if f == fateUnsaid {
			list = append(list, i+1)
		}
	}
	return list
}
