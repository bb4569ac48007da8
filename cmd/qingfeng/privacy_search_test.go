package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// needles are what is looked for, by what it is: bytes in whatever form they could stand.
type needles map[string][]byte

// plant adds everything that a text could look like.
func (n needles) plant(t testing.TB, name, said string) {
	t.Helper()
	n[name+" utf-8"] = []byte(said)
	var wide []byte
	for _, u := range utf16.Encode([]rune(said)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	n[name+" utf-16"] = wide
	n[name+" percent"] = []byte(url.QueryEscape(said))
	n[name+" percent, lower"] = []byte(strings.ToLower(url.QueryEscape(said)))
	n[name+" hex"] = []byte(hex.EncodeToString([]byte(said)))
	gbk, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(said))
	if err != nil {
		t.Fatal(err)
	}
	n[name+" gbk"] = gbk
	if quoted := strconv.QuoteToASCII(said); len(quoted) > len(said)+2 {
		n[name+" escaped"] = []byte(quoted[1 : len(quoted)-1])
	}
	for shift := range 3 {
		// What a text makes of base64 wherever it begins, without what its neighbours change.
		coded := base64.RawStdEncoding.EncodeToString(append(bytes.Repeat([]byte{0}, shift), said...))
		n[fmt.Sprintf("%s base64/%d", name, shift)] = []byte(coded[4 : len(coded)-4])
	}
	maps.DeleteFunc(n, func(form string, b []byte) bool { // of ASCII some forms are the same
		return form != name+" utf-8" && bytes.Equal(b, []byte(said))
	})
}

// in says which needles a haystack holds.
func (n needles) in(hay []byte) (found []string) {
	for name, b := range n {
		if bytes.Contains(hay, b) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}

// finds collects where something was found.
type finds map[string][]string

func (f finds) note(where string, names []string) {
	for _, name := range names {
		if !slices.Contains(f[where], name) {
			f[where] = append(f[where], name)
		}
	}
}

// family is a process and all that descend from it.
func family(t testing.TB, root int) []int {
	t.Helper()
	parents := map[int]int{}
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(all) == 0 {
		t.Fatal("no list of processes", err)
	}
	for _, path := range all {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		id, _ := strconv.Atoi(strings.Split(path, "/")[2])
		f := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
		if len(f) > 1 && f[0] != "Z" {
			parents[id], _ = strconv.Atoi(f[1])
		}
	}
	out := []int{root}
	for i := 0; i < len(out); i++ {
		for id, parent := range parents {
			if parent == out[i] && !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	return out
}

// memory searches everything a process could read of its own memory. seen are shared
// mappings that were searched already. It returns how many bytes it read.
func (n needles) memory(t testing.TB, id int, seen map[string]bool, f finds) (read int) {
	t.Helper()
	where := fmt.Sprintf("memory of %d", id)
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", id))
	if err != nil {
		return 0 // it ended meanwhile
	}
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", id))
	if errors.Is(err, fs.ErrPermission) && os.Geteuid() != 0 {
		t.Logf("the memory of process %d can be read by root only; not searched", id)
		return 0
	}
	if err != nil {
		t.Fatalf("the memory of process %d cannot be read: %v", id, err)
	}
	defer mem.Close()
	const step, overlap = 8 << 20, 4 << 10
	buffer := make([]byte, step+overlap)
	for line := range strings.Lines(string(maps)) {
		f5 := strings.Fields(line)
		if len(f5) < 5 || f5[1][0] != 'r' || len(f5) > 5 && strings.HasPrefix(f5[5], "[v") {
			continue
		}
		if key := f5[3] + f5[4] + f5[2]; f5[1][3] == 's' || f5[1][1] == '-' && f5[4] != "0" {
			if seen[key] {
				continue
			}
			seen[key] = true
		}
		from, to, _ := strings.Cut(f5[0], "-")
		at, _ := strconv.ParseInt(from, 16, 64)
		end, _ := strconv.ParseInt(to, 16, 64)
		for ; at < end; at += step {
			got, _ := mem.ReadAt(buffer[:min(int64(len(buffer)), end-at)], at) // what is not there holds nothing
			read += got
			f.note(where, n.in(buffer[:got]))
		}
	}
	return read
}

// files searches everything below a directory. skip are files the test itself wrote.
func (n needles) files(t testing.TB, dir string, f finds) (count int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil //nolint:nilerr // a file that went away holds nothing
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil //nolint:nilerr // it went away
		}
		count++
		f.note(path, n.in(raw))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return count
}
