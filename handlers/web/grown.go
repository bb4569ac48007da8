package web

import (
	"errors"
	"fmt"
	"net/http"
)

// grown is a page that is written piece by piece.
type grown struct {
	s    *site
	v    *visit
	name string
	data frame
}

// begin writes the frame's upper half and the template's "begin". After it the status
// is sent: what goes wrong must be said on the page.
func (s *site) begin(v *visit, name, title string, data any) (*grown, error) {
	if s.pages[name] == nil {
		return nil, fmt.Errorf("web: no template %s", name)
	}
	g := &grown{s: s, v: v, name: name, data: s.frame(v, title)}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.Header().Set("X-Accel-Buffering", "no") // a proxy passes the pieces on as they come
	v.w.WriteHeader(http.StatusOK)
	return g, errors.Join(g.execute("top", nil), g.write("begin", data))
}

// write writes one of the template's pieces and sends it.
func (g *grown) write(piece string, data any) error {
	if err := g.execute(piece, data); err != nil {
		return err
	}
	return g.flush()
}

// execute writes a piece; the frame goes with it as for a whole page.
func (g *grown) execute(piece string, data any) error {
	err := g.s.pages[g.name].ExecuteTemplate(g.v.w, piece, framed{g.data, data})
	if err != nil {
		return fmt.Errorf("web: render %s: %w", g.name, err)
	}
	return nil
}

func (g *grown) flush() error { return http.NewResponseController(g.v.w).Flush() }

// end closes the page.
func (g *grown) end() error { return g.write("bottom", nil) }
