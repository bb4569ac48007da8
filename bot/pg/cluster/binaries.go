package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ErrNoPostgres is returned when this machine has no PostgreSQL that can hold
// our data: none at all, or none with pgvector.
var ErrNoPostgres = errors.New("no PostgreSQL with pgvector on this machine: run .ci/setup demo, or install postgresql and its pgvector package, or set QINGFENG_DATABASE_URL")

// Binaries is one installed PostgreSQL.
type Binaries struct {
	Dir   string // where initdb and postgres are
	Major int    // 15
}

// FindBinaries returns the newest PostgreSQL with pgvector, or the one of the
// given major version when major is not 0: a cluster can only be opened by the
// major version that made it.
func FindBinaries(ctx context.Context, major int) (Binaries, error) {
	var found []Binaries
	for _, dir := range candidateDirs() {
		b, err := inspect(ctx, dir)
		if err != nil {
			continue // not a usable installation; the error below names what is missing
		}
		found = append(found, b)
	}
	slices.SortStableFunc(found, func(a, b Binaries) int { return cmp.Compare(b.Major, a.Major) })
	for _, b := range found {
		if major == 0 || b.Major == major {
			return b, nil
		}
	}
	if len(found) > 0 {
		return Binaries{}, fmt.Errorf("the data was made by PostgreSQL %d and this machine has %d: install postgresql-%d with pgvector, or restore a backup into a new data directory", major, found[0].Major, major)
	}
	return Binaries{}, ErrNoPostgres
}

// candidateDirs lists Debian's layout first, then whatever is on PATH.
func candidateDirs() []string {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is constant and well formed
	if p, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(p); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	return dirs
}

func inspect(ctx context.Context, dir string) (Binaries, error) {
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return Binaries{}, err
		}
	}
	major, share, err := layout(ctx, dir)
	if err != nil {
		return Binaries{}, err
	}
	if _, err := os.Stat(filepath.Join(share, "extension", "vector.control")); err != nil {
		return Binaries{}, err
	}
	return Binaries{Dir: dir, Major: major}, nil
}

// layout tells the major version and the share directory of the installation in
// dir, from Debian's paths or by asking pg_config.
func layout(ctx context.Context, dir string) (major int, share string, err error) {
	if rest, ok := strings.CutPrefix(dir, "/usr/lib/postgresql/"); ok {
		if major, err := strconv.Atoi(strings.TrimSuffix(rest, "/bin")); err == nil {
			return major, fmt.Sprintf("/usr/share/postgresql/%d", major), nil
		}
	}
	ask := func(flag string) (string, error) {
		out, err := exec.CommandContext(ctx, filepath.Join(dir, "pg_config"), flag).Output()
		return strings.TrimSpace(string(out)), err
	}
	version, err := ask("--version") // "PostgreSQL 17.2"
	if err != nil {
		return 0, "", fmt.Errorf("ask pg_config in %s: %w", dir, err)
	}
	number, _, _ := strings.Cut(strings.TrimPrefix(version, "PostgreSQL "), ".")
	if major, err = strconv.Atoi(number); err != nil {
		return 0, "", fmt.Errorf("read version %q: %w", version, err)
	}
	share, err = ask("--sharedir")
	return major, share, err
}
