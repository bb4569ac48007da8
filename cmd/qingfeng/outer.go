package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"qingfeng/bot/letter"
)

// holdSlots is how many instances may share a data directory: one that starts while
// another still ends, and a few more.
const holdSlots = 8

// keyEnd is the end of the name of a file that holds an outer key.
const keyEnd = ".key"

// outerKeys are the keys under which this instance's arrivals wait for the night, each in
// a file of its own, DATA_DIR/hold/<name>.key, which no backup of the database holds. A
// new one is made at each start and each night; the others are former ones, which still
// open what waits under them until they are destroyed.
//
// A directory belongs to one instance: it is locked. Further instances over the same data
// directory take hold-2, hold-3, …, and whoever releases takes over the keys of those that
// ended.
type outerKeys struct {
	data, dir string
	lock      *os.File
	instance  string                                        // random name of the directory, for the plan of jobs
	make      func(dir string) (*letter.OuterPublic, error) // makeOuter, or a process that does it

	mu      sync.RWMutex
	current *letter.OuterPublic // the secret half is in its file alone
}

// openOuterKeys takes a directory and makes a first key.
func openOuterKeys(data string, make func(dir string) (*letter.OuterPublic, error)) (*outerKeys, error) {
	for n := 1; n <= holdSlots; n++ {
		dir := holdDir(data, n)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("outer keys: %w", err)
		}
		lock, err := lockHold(dir)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			continue
		}
		if err != nil {
			return nil, err
		}
		k := &outerKeys{data: data, dir: dir, lock: lock, make: make}
		if k.instance, err = instanceName(dir); err == nil {
			err = k.Turn()
		}
		if err != nil {
			return nil, errors.Join(err, lock.Close())
		}
		return k, nil
	}
	return nil, errors.New("outer keys: too many instances over one data directory")
}

func holdDir(data string, n int) string {
	name := "hold"
	if n > 1 {
		name += "-" + strconv.Itoa(n)
	}
	return filepath.Join(data, name)
}

func lockHold(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("outer keys: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// instanceName is the name of a directory, made when it was.
func instanceName(dir string) (string, error) {
	path := filepath.Join(dir, "instance")
	raw, err := os.ReadFile(path)
	if name := strings.TrimSpace(string(raw)); err == nil && name != "" {
		return name, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("outer keys: %w", err)
	}
	name := strings.ToLower(rand.Text()[:8])
	return name, writeSynced(path, []byte(name+"\n"))
}

// makeOuter makes a key and its file, and returns its public half.
func makeOuter(dir string) (*letter.OuterPublic, error) {
	key, err := letter.NewOuter(rand.Reader)
	if err != nil {
		return nil, err
	}
	raw, err := key.Bytes()
	if err != nil {
		return nil, fmt.Errorf("outer key: %w", err)
	}
	defer clear(raw)
	return key.Public(), writeSynced(filepath.Join(dir, key.Name()+keyEnd), raw)
}

// Turn makes a new key the current one. From its return on nothing in this process closes
// under the former ones; they stay.
func (k *outerKeys) Turn() error {
	next, err := k.make(k.dir)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.current = next
	return nil
}

// Public is the public half of the current key.
func (k *outerKeys) Public() *letter.OuterPublic {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.current
}

// Close closes under the current key, for pages served in this process.
func (k *outerKeys) Close(plain []byte, size int) (string, []byte, error) {
	return k.Public().Close(plain, size)
}

// Former are the names of all keys but the current one, of this directory and of those
// that nobody holds any more.
func (k *outerKeys) Former() ([]string, error) {
	if err := k.inherit(); err != nil {
		return nil, err
	}
	names, err := keyNames(k.dir)
	if err != nil {
		return nil, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	var former []string
	for _, name := range names {
		if name != k.current.Name {
			former = append(former, name)
		}
	}
	return former, nil
}

// inherit moves the keys of instances that ended into our directory.
func (k *outerKeys) inherit() error {
	for n := 1; n <= holdSlots; n++ {
		dir := holdDir(k.data, n)
		if _, err := os.Stat(dir); err != nil || dir == k.dir {
			continue
		}
		lock, err := lockHold(dir)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			continue
		}
		if err != nil {
			return err
		}
		names, err := keyNames(dir)
		for _, name := range names {
			err = errors.Join(err, os.Rename(filepath.Join(dir, name+keyEnd), filepath.Join(k.dir, name+keyEnd)))
		}
		err = errors.Join(err, syncDir(k.dir), lock.Close())
		if err != nil {
			return fmt.Errorf("outer keys: %w", err)
		}
	}
	return nil
}

// readOuter reads a key from its file.
func readOuter(dir, name string) (*letter.OuterKey, error) {
	raw, err := os.ReadFile(filepath.Join(dir, name+keyEnd))
	if err != nil {
		return nil, fmt.Errorf("outer key: %w", err)
	}
	defer clear(raw)
	return letter.ParseOuter(name, raw)
}

// destroyOuter overwrites a key with random bytes and removes it. What it closed opens
// never again.
func destroyOuter(dir, name string) error {
	path := filepath.Join(dir, name+keyEnd)
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("outer key: %w", err)
	}
	info, err := f.Stat()
	if err == nil {
		noise := make([]byte, info.Size())
		_, _ = rand.Read(noise) // never fails
		_, err = f.WriteAt(noise, 0)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("outer key: %w", err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // another run was faster
		return fmt.Errorf("outer key: %w", err)
	}
	return syncDir(dir)
}

// End lets the directory go; the keys stay for the next start.
func (k *outerKeys) End() { _ = k.lock.Close() }

// keyNames are the names of the keys in a directory.
func keyNames(dir string) ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*"+keyEnd))
	if err != nil {
		return nil, fmt.Errorf("outer keys: %w", err)
	}
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = strings.TrimSuffix(filepath.Base(p), keyEnd)
	}
	return names, nil
}

// writeSynced writes a file for the owner alone, whole or not at all.
func writeSynced(path string, data []byte) error {
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("outer key: %w", err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return fmt.Errorf("outer key: %w", errors.Join(err, os.Remove(tmp)))
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("outer key: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
