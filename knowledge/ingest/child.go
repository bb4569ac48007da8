package ingest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"syscall"
	"time"

	"qingfeng/knowledge/ingest/read"
)

// Serve is the child's side: it takes the limits that hello names upon the whole
// process and then reads files until in ends. Run it in a process of its own only.
func Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	r := bufio.NewReader(in)
	var h hello
	if err := readFrame(r, 1<<16, &h); err != nil {
		return fmt.Errorf("hello: %w", err)
	}
	if h.Memory > 0 {
		// The collector works harder long before the system says no.
		debug.SetMemoryLimit(h.Memory / 10 * 7)
		go watchMemory(h.Memory)
	}
	if err := confine(h); err != nil {
		return fmt.Errorf("take limits: %w", err)
	}
	spent := make(chan os.Signal, 1)
	signal.Notify(spent, syscall.SIGXCPU)
	go func() {
		<-spent
		os.Exit(exitHung)
	}()
	if err := writeFrame(out, ready{Ready: true}); err != nil {
		return err
	}
	lim := h.Limits.limits()
	pdf := lazyPDF(h.Cache, h.Memory/2)
	lim.PDF = pdf.read
	defer pdf.close()
	for {
		var q request
		if err := readFrame(r, 1<<16, &q); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if q.Size < 0 || q.Size > lim.FileBytes {
			return fmt.Errorf("%w: a file of %d bytes", errFrame, q.Size)
		}
		if h.Memory > 0 && q.Size > h.Memory/2 {
			if _, err := io.CopyN(io.Discard, r, q.Size); err != nil {
				return fmt.Errorf("file: %w", err)
			}
			if err := writeFrame(out, response{Code: TooHeavy, Detail: "half of the memory is less than the file"}); err != nil {
				return err
			}
			continue
		}
		data := make([]byte, q.Size)
		if _, err := io.ReadFull(r, data); err != nil {
			return fmt.Errorf("file: %w", err)
		}
		// The parent ends a child that hangs. If the parent is gone, this does.
		hangs := time.AfterFunc(time.Duration(h.Wall)*time.Second+10*time.Second, func() { os.Exit(exitHung) })
		if h.Wall <= 0 {
			hangs.Stop()
		}
		if h.CPU > 0 {
			if err := spend(h.CPU); err != nil {
				return fmt.Errorf("processor time: %w", err)
			}
		}
		a := respond(ctx, q.Name, data, lim)
		hangs.Stop()
		if err := writeFrame(out, a); errors.Is(err, errFrame) {
			if err := writeFrame(out, response{Code: TooHeavy, Detail: "too much text for the pipe"}); err != nil {
				return err
			}
		} else if err != nil {
			return err
		}
	}
}

// Exit codes of a child that ended itself.
const (
	exitHung  = 124
	exitHeavy = 125
)

// watchMemory ends the process when it has grown beyond limit bytes: before the
// system's limit, at which the runtime falls over in one of many ways.
func watchMemory(limit int64) {
	use := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	for {
		metrics.Read(use)
		if use[0].Value.Uint64()-use[1].Value.Uint64() > uint64(limit) { //nolint:gosec // limit is positive
			os.Exit(exitHeavy)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// respond reads one file; a panic is the file's fault.
func respond(ctx context.Context, name string, data []byte, lim read.Limits) (a response) {
	defer func() {
		if p := recover(); p != nil {
			a = response{Code: Crashed, Detail: fmt.Sprintf("panic: %T", p)}
		}
	}()
	text, err := read.File(ctx, name, bytes.NewReader(data), int64(len(data)), lim)
	var bad *read.Error
	switch {
	case errors.As(err, &bad):
		return response{Code: bad.Code, Detail: bad.Detail}
	case err != nil:
		return response{Code: Crashed, Detail: "reader failed"}
	}
	return response{Text: text}
}

// pdfs starts PDFium when the first PDF file comes.
type pdfs struct {
	start func() (*read.PDF, error)
	mu    sync.Mutex
	pdf   *read.PDF
}

func lazyPDF(cache string, memory int64) *pdfs {
	return &pdfs{start: func() (*read.PDF, error) { return read.NewPDF(cache, memory) }}
}

func (p *pdfs) read(ctx context.Context, r io.ReaderAt, size int64, lim read.Limits) (read.Text, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pdf == nil {
		pdf, err := p.start()
		if err != nil {
			return read.Text{}, err
		}
		p.pdf = pdf
	}
	return p.pdf.Read(ctx, r, size, lim)
}

func (p *pdfs) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pdf != nil {
		_ = p.pdf.Close()
		p.pdf = nil
	}
}
