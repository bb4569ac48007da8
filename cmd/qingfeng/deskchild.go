package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"

	"qingfeng/bot/pg"
	"qingfeng/bot/text"
)

const (
	deskChildren = 4                // connections served by children at once
	deskWaits    = 5 * time.Second  // for one of them to be done
	deskWithin   = 45 * time.Second // then a child is killed
)

// deskPaths are the pages of the staff site that show or take what citizens wrote, or the
// passphrases that open it.
func deskPaths() []string { return []string{"/opinions", "/tips", "/keys"} }

// deskDoor hands each request under deskPaths, with its connection, to a child of this
// program, which serves it with the ordinary site and ends. This process has parsed its
// head; of its body it has what came in one piece with the head, passes it on and wipes it.
type deskDoor struct {
	next     http.Handler
	children *children
	begin    func() childBegin
	known    func(*http.Request) bool // somebody is signed in
	log      *slog.Logger
	room     chan struct{}
	gate     chan struct{} // for those whom nobody knows: they keep nobody out
	porch    chan struct{} // and who only looks for where to sign in waits for nobody who sends slowly
	under    sync.WaitGroup
}

func newDeskDoor(next http.Handler, c *children, begin func() childBegin, known func(*http.Request) bool, log *slog.Logger) *deskDoor {
	return &deskDoor{next: next, children: c, begin: begin, known: known, log: log, room: make(chan struct{}, deskChildren), gate: make(chan struct{}, 1), porch: make(chan struct{}, 1)}
}

// signedIn reports whether a request comes with a session.
func (a *app) signedIn(r *http.Request) bool {
	for _, c := range r.Cookies() {
		if c.Name != "qf" && c.Name != "__Host-qf" {
			continue
		}
		if _, ok, err := a.register.Session(r.Context(), c.Value); ok || err != nil {
			return true // without a database the page says so
		}
	}
	return false
}

// deskBegin is what a child of the desk is told before the head and the body follow.
type deskBegin struct {
	childBegin
	Head, Body int // bytes
}

func forDesk(r *http.Request) bool {
	clean := path.Clean("/" + r.URL.Path)
	for _, p := range deskPaths() {
		if clean == p || strings.HasPrefix(clean, p+"/") {
			return true
		}
	}
	return false
}

func (d *deskDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !forDesk(r) {
		d.next.ServeHTTP(w, r)
		return
	}
	room := d.room
	if !d.known(r) { // a passphrase may be in it all the same
		if room = d.porch; r.Method == http.MethodGet {
			room = d.gate
		}
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		d.log.Error("desk page", "code", "hijack")
		w.Header().Set("Connection", "close")
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	defer conn.Close()
	body, _ := buffered.Reader.Peek(buffered.Reader.Buffered()) // it is there
	defer clear(body)
	wait := time.NewTimer(deskWaits)
	defer wait.Stop()
	select {
	case room <- struct{}{}:
	case <-wait.C:
		turnAway(conn, http.StatusTooManyRequests, text.DeskBusy)
		return
	}
	if err := d.hand(context.WithoutCancel(r.Context()), conn, headOf(r), body, func() { <-room }); err != nil {
		<-room
		d.log.Error("desk page", "code", "start")
		turnAway(conn, http.StatusServiceUnavailable, text.DeskBusy)
	}
}

// hand starts a child and gives it the connection; leave is called when the child is gone.
func (d *deskDoor) hand(ctx context.Context, conn net.Conn, head, body []byte, leave func()) error {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return errors.New("not a TCP connection")
	}
	socket, err := tcp.File()
	if err != nil {
		return err
	}
	defer socket.Close()
	told, err := json.Marshal(deskBegin{d.begin(), len(head), len(body)})
	if err != nil {
		return err
	}
	says, theirs, err := os.Pipe()
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, deskWaits)
	defer cancel()
	cmd, in, err := d.children.Start(within, deskPage, socket, theirs)
	if err = errors.Join(err, theirs.Close()); err != nil {
		return errors.Join(err, says.Close())
	}
	d.under.Go(func() { d.watch(cmd, says, leave) })
	for _, part := range [][]byte{told, {'\n'}, head, body} {
		if _, err := in.Write(part); err != nil {
			_ = cmd.Process.Kill() // its end gives the place back
			break
		}
	}
	clear(told)
	_ = in.Close()
	return nil
}

// watch waits for a child and passes on the names of its faults.
func (d *deskDoor) watch(cmd *exec.Cmd, says *os.File, leave func()) {
	defer leave()
	defer says.Close()
	kill := time.AfterFunc(deskWithin, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	name := regexp.MustCompile(`^[a-z][a-z0-9 _-]{0,60}$`) // nothing that somebody wrote looks so
	for lines := bufio.NewScanner(says); lines.Scan(); {
		if name.MatchString(lines.Text()) {
			d.log.Warn("desk page", "code", lines.Text())
		}
	}
	if err := cmd.Wait(); err != nil {
		d.log.Warn("desk page died", "code", exitName(err))
	}
}

// headOf is the head of a request as it came, but for the connection, which ends with it.
func headOf(r *http.Request) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s %s %s\r\nHost: %s\r\n", r.Method, r.RequestURI, r.Proto, r.Host)
	h := r.Header.Clone()
	h.Set("Connection", "close")
	if len(r.TransferEncoding) > 0 {
		h.Set("Transfer-Encoding", strings.Join(r.TransferEncoding, ", "))
	}
	_ = h.Write(&out) // a buffer takes everything
	out.WriteString("\r\n")
	return out.Bytes()
}

// turnAway answers without looking at what was sent. It is taken in and wiped, so that the
// answer arrives.
func turnAway(conn net.Conn, status int, say string) {
	_ = conn.SetDeadline(time.Now().Add(deskWaits))
	fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\nRetry-After: 30\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		status, http.StatusText(status), len(say), say)
	if half, ok := conn.(*net.TCPConn); ok {
		_ = half.CloseWrite()
	}
	scratch := make([]byte, 4096)
	defer clear(scratch)
	for left := 1 << 20; left > 0; {
		n, err := conn.Read(scratch)
		if left -= n; err != nil {
			return
		}
	}
}

// deskPageCommand is a child of a deskDoor.
func deskPageCommand(ctx context.Context, e env, args []string) error {
	if err := noArguments(e.flags(text.DeskPageUsage), args); err != nil {
		return err
	}
	if err := withoutTraces(); err != nil {
		return err
	}
	var begin deskBegin
	rest, err := readBegin(e.in, &begin)
	if err != nil {
		return err
	}
	sent := make([]byte, 1+begin.Head+begin.Body)
	if _, err := io.ReadFull(rest, sent); err != nil {
		return fmt.Errorf("the request: %w", err)
	}
	conn, err := childConn(childSocket)
	if err != nil {
		return err
	}
	defer conn.Close()
	log := slog.New(toldNames{os.NewFile(childMeter, "parent")})
	db, err := pg.Open(ctx, begin.Database, pg.WithMaxConns(2))
	if err != nil {
		return err
	}
	defer db.Close()
	a, err := newApp(begin.config(), db, begin.now, rand.Reader, log)
	if err != nil {
		return err
	}
	if a.staff == nil {
		return errors.New("no WeCom app is configured")
	}
	defer a.files.Close()
	if a.desk.Days, err = a.register.Calendar(ctx); err != nil {
		return err
	}
	one := newOneConn(conn, sent[1:])
	server := &http.Server{
		Handler: a.staff, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 40 * time.Second, MaxHeaderBytes: 32 << 10, ErrorLog: quiet(),
		ConnState: func(_ net.Conn, s http.ConnState) {
			if s == http.StateClosed {
				_ = one.Close()
			}
		},
	}
	if err := server.Serve(one); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// oneConn is a listener with one connection, of which a part was read already.
type oneConn struct {
	conn net.Conn
	read io.Reader
	once sync.Once
	gave bool
	over chan struct{}
}

func newOneConn(conn net.Conn, already []byte) *oneConn {
	return &oneConn{conn: conn, read: io.MultiReader(bytes.NewReader(already), conn), over: make(chan struct{})}
}

func (o *oneConn) Accept() (net.Conn, error) {
	if !o.gave {
		o.gave = true
		return begun{o.conn, o.read}, nil
	}
	<-o.over
	return nil, net.ErrClosed
}

func (o *oneConn) Close() error {
	o.once.Do(func() { close(o.over) })
	return nil
}

func (o *oneConn) Addr() net.Addr { return o.conn.LocalAddr() }

// begun is a connection of which a part was read already.
type begun struct {
	net.Conn
	read io.Reader
}

func (b begun) Read(p []byte) (int, error) { return b.read.Read(p) }

// toldNames writes the names of faults, one a line.
type toldNames struct{ out io.Writer }

func (toldNames) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }
func (n toldNames) WithAttrs([]slog.Attr) slog.Handler         { return n }
func (n toldNames) WithGroup(string) slog.Handler              { return n }

func (n toldNames) Handle(_ context.Context, r slog.Record) error {
	line := r.Message
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "code" {
			line += " " + a.Value.String()
		}
		return true
	})
	_, err := fmt.Fprintln(n.out, strings.ToLower(line))
	return err
}
