package llm

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"regexp"

	"github.com/sashabaranov/go-openai"

	"qingfeng/knowledge"
)

// Embedder turns texts into vectors. It is a knowledge.Embedder, safe to share.
type Embedder struct{ *endpoint }

var _ knowledge.Embedder = (*Embedder)(nil)

// maxDim is what an HNSW index over halfvec takes.
const maxDim = 4000

// NewEmbedder checks the configuration; it does not call the endpoint.
func NewEmbedder(c Config) (*Embedder, error) {
	if c.Dim < 1 || c.Dim > maxDim {
		return nil, errors.New("llm: Dim must be 1 to 4000")
	}
	if c.Batch <= 0 {
		c.Batch = 16
	}
	e, err := open(c, 64<<20)
	if err != nil {
		return nil, err
	}
	return &Embedder{e}, nil
}

// Name is the model's name.
func (e *Embedder) Name() string { return e.Model }

// Dim is how many numbers each vector has.
func (e *Embedder) Dim() int { return e.Config.Dim }

// Embed returns one vector of length 1 for each text, in order, or an error and
// nothing. Each batch has the time limit of one call. Errors are *Error (Refused when
// it is about a text and not the endpoint), or the caller's cancellation.
func (e *Embedder) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, 0, len(texts))
	for len(texts) > 0 {
		batch := texts[:min(e.Batch, len(texts))]
		texts = texts[len(batch):]
		var vectors [][]float32
		err := e.call(ctx, func(ctx context.Context) (_ bool, err error) {
			vectors, err = e.batch(ctx, batch)
			return true, err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, vectors...)
	}
	return out, nil
}

func (e *Embedder) batch(ctx context.Context, texts []string) ([][]float32, error) {
	res, err := e.api.CreateEmbeddings(ctx, openai.EmbeddingRequestStrings{Input: texts, Model: openai.EmbeddingModel(e.Model)})
	if err != nil {
		return nil, reply(err)
	}
	switch {
	case len(res.Data) == 0:
		return nil, &Error{Code: Empty}
	case len(res.Data) != len(texts):
		return nil, &Error{Code: Count}
	}
	out := make([][]float32, len(texts))
	for _, d := range res.Data {
		if len(texts) == 1 {
			d.Index = 0
		}
		if d.Index < 0 || d.Index >= len(out) || out[d.Index] != nil {
			return nil, &Error{Code: Order}
		}
		if len(d.Embedding) != e.Config.Dim {
			return nil, &Error{Code: Dimension}
		}
		if !unit(d.Embedding) {
			return nil, &Error{Code: Number}
		}
		out[d.Index] = d.Embedding
	}
	return out, nil
}

// unit gives a vector the length 1, where that is possible.
func unit(v []float32) bool {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	length := math.Sqrt(sum)
	if length == 0 || math.IsNaN(length) || math.IsInf(length, 0) {
		return false
	}
	for i := range v {
		v[i] = float32(float64(v[i]) / length)
	}
	return true
}

// noNumber is where a number should stand in a list. JSON knows no NaN, and a null
// would be read as zero.
var noNumber = regexp.MustCompile(`(?i)[\[,]\s*(null|-?nan|[-+]?inf(inity)?)\s*[,\]]`)

// whole reads an answer that is no stream to its end and looks for what the OpenAI
// client would take for an answer.
func whole(resp *http.Response) error {
	raw, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return err
	case isError(raw):
		return &Error{Code: Down}
	case len(bytes.TrimSpace(raw)) == 0:
		return &Error{Code: Empty}
	case bytes.Contains(raw, []byte(`"embedding"`)) && noNumber.Match(raw):
		return &Error{Code: Number}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{bytes.NewReader(raw), resp.Body}
	return nil
}
