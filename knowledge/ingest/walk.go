package ingest

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Files lists what a run would read: a file as it was named, a directory with all that
// is in it, in the order of names. Hidden files, what office programs leave beside an
// open file (~$…) and what file managers write are passed over in directories. The
// error is the first path's that is not there.
func Files(ctx context.Context, paths []string) ([]string, error) {
	var out []string
	had := map[string]bool{}
	add := func(p string) {
		if c := filepath.Clean(p); !had[c] {
			had[c] = true
			out = append(out, p)
		}
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			add(path)
			continue
		}
		// A link that was named is followed, one that was found only to a file.
		root, err := filepath.EvalSymlinks(path)
		if err != nil {
			return nil, err
		}
		err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			switch {
			case p != root && passOver(d.Name()):
				if d.IsDir() {
					return fs.SkipDir
				}
				return nil
			case d.IsDir():
				return nil
			}
			// A link that leads nowhere is listed: its report says that it cannot be opened.
			if at, err := os.Stat(p); err == nil && !at.Mode().IsRegular() {
				return nil
			}
			rel, err := filepath.Rel(root, p)
			if err != nil {
				return err
			}
			add(filepath.Join(path, rel))
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// passOver reports names that nobody means when they name a directory.
func passOver(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") || strings.HasPrefix(name, "~WRL") {
		return true
	}
	switch strings.ToLower(name) {
	case "thumbs.db", "desktop.ini", "__macosx":
		return true
	}
	return strings.HasSuffix(strings.ToLower(name), ".tmp")
}
