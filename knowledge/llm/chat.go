package llm

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"unicode"

	"github.com/sashabaranov/go-openai"

	"qingfeng/knowledge"
)

// Chat answers prompts. It is a knowledge.Model, safe to share.
type Chat struct {
	*endpoint
	plain atomic.Bool // this endpoint refuses to stream
}

var _ knowledge.Model = (*Chat)(nil)

// NewChat checks the configuration; it does not call the endpoint.
func NewChat(c Config) (*Chat, error) {
	e, err := open(c, 1<<20)
	if err != nil {
		return nil, err
	}
	return &Chat{endpoint: e}, nil
}

// Name is the model's name.
func (c *Chat) Name() string { return c.Model }

// Complete answers a prompt. Parts go to stream as they come, without the model's
// thinking aloud; after an error they are worth nothing. Errors are *Error, or the
// caller's cancellation.
func (c *Chat) Complete(ctx context.Context, system, user string, stream func(part string)) (answer string, err error) {
	if stream == nil {
		stream = func(string) {}
	}
	r := c.request(system, user)
	err = c.call(ctx, func(ctx context.Context) (bool, error) {
		said := false
		tell := func(part string) { said = true; stream(part) }
		if !c.plain.Load() {
			answer, err = c.streamed(ctx, r, tell)
			if said || !refusesToStream(err) {
				return !said, err
			}
		}
		if answer, err = c.at1(ctx, r, tell); err == nil {
			c.plain.Store(true)
		}
		return !said, err
	})
	if err != nil {
		return "", err
	}
	return answer, nil
}

// request asks for the likeliest words. A temperature of zero would be left out of the
// request, and models that reason take none.
func (c *Chat) request(system, user string) openai.ChatCompletionRequest {
	r := openai.ChatCompletionRequest{
		Model: c.Model, Temperature: 0.01,
		Messages: []openai.ChatCompletionMessage{
			{Role: openai.ChatMessageRoleSystem, Content: system}, {Role: openai.ChatMessageRoleUser, Content: user},
		},
	}
	if validator := openai.NewReasoningValidator(); validator.Validate(r) != nil {
		r.Temperature = 0
	}
	return r
}

func refusesToStream(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusUnprocessableEntity, http.StatusNotImplemented:
		return true
	}
	return false
}

func (c *Chat) streamed(ctx context.Context, r openai.ChatCompletionRequest, tell func(string)) (string, error) {
	done := new(atomic.Bool)
	s, err := c.api.CreateChatCompletionStream(context.WithValue(ctx, doneKey{}, done), r)
	if err != nil {
		return "", reply(err)
	}
	defer s.Close()
	var text speech
	var finish openai.FinishReason
	for {
		part, err := s.Recv()
		if errors.Is(err, io.EOF) {
			return text.end(finish, done.Load())
		}
		if err != nil {
			return "", reply(err)
		}
		if len(part.Choices) == 0 {
			continue // usage, or a filter's report
		}
		if choice := part.Choices[0]; choice.Index == 0 {
			if choice.FinishReason != "" {
				finish = choice.FinishReason
			}
			if more := text.add(choice.Delta.Content); more != "" {
				tell(more)
			}
		}
	}
}

// at1 gets the answer at once.
func (c *Chat) at1(ctx context.Context, r openai.ChatCompletionRequest, tell func(string)) (string, error) {
	out, err := c.api.CreateChatCompletion(ctx, r)
	if err != nil {
		return "", reply(err)
	}
	if len(out.Choices) == 0 {
		return "", &Error{Code: Empty}
	}
	var text speech
	more := text.add(out.Choices[0].Message.Content)
	answer, err := text.end(out.Choices[0].FinishReason, true)
	if err == nil && more != "" {
		tell(more)
	}
	return answer, err
}

// reply names what the OpenAI client makes of an endpoint's words.
func reply(err error) error {
	if _, ok := errors.AsType[*openai.APIError](err); ok {
		return &Error{Code: Down} // an error where an answer should be
	}
	return err
}

// speech is an answer as it grows, without a reasoning model's <think> part.
type speech struct {
	all  strings.Builder
	told int // of what is seen
}

const thinkOpen, thinkClose = "<think>", "</think>"

// seen is what a person may read of it so far; it only grows.
func (s *speech) seen() string {
	text := strings.TrimLeftFunc(s.all.String(), unicode.IsSpace)
	if strings.HasPrefix(thinkOpen, text) {
		return "" // perhaps it begins to think
	}
	if strings.HasPrefix(text, thinkOpen) {
		_, after, _ := strings.Cut(text, thinkClose)
		return strings.TrimLeftFunc(after, unicode.IsSpace)
	}
	return text
}

func (s *speech) add(part string) (more string) {
	if part == "" {
		return ""
	}
	s.all.WriteString(part)
	seen := s.seen()
	more, s.told = seen[s.told:], len(seen)
	return more
}

// end is the whole answer; done: the endpoint said that there is no more.
func (s *speech) end(finish openai.FinishReason, done bool) (string, error) {
	text := s.seen()
	if _, after, ok := strings.Cut(text, thinkClose); ok { // its beginning was part of the prompt
		text = after
	}
	text = strings.TrimSpace(text)
	switch {
	case finish == openai.FinishReasonLength, finish == openai.FinishReasonContentFilter:
		return "", &Error{Code: Cut}
	case finish == "" && !done:
		return "", &Error{Code: Cut}
	case text == "":
		return "", &Error{Code: Empty}
	}
	return text, nil
}

// asStream turns a whole answer into a stream of one part, for endpoints that do not
// stream though they were asked to, and refuses what is neither.
func asStream(resp *http.Response) error {
	r := bufio.NewReader(resp.Body)
	first, err := firstByte(r)
	if err != nil {
		return err
	}
	done, _ := resp.Request.Context().Value(doneKey{}).(*atomic.Bool)
	body := struct {
		io.Reader
		io.Closer
	}{&ending{r: r, done: done}, resp.Body}
	if first != '{' {
		if !strings.ContainsRune("d:eir", rune(first)) { // data, a comment, event, id, retry
			return &Error{Code: Rubbish}
		}
		resp.Body = body
		return nil
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	var whole openai.ChatCompletionResponse
	if json.Unmarshal(raw, &whole) != nil {
		return &Error{Code: Rubbish}
	}
	if isError(raw) {
		return &Error{Code: Down}
	}
	if len(whole.Choices) == 0 {
		return &Error{Code: Empty}
	}
	part, err := json.Marshal(openai.ChatCompletionStreamResponse{Choices: []openai.ChatCompletionStreamChoice{{
		Delta:        openai.ChatCompletionStreamChoiceDelta{Content: whole.Choices[0].Message.Content},
		FinishReason: whole.Choices[0].FinishReason,
	}}})
	if err != nil {
		return &Error{Code: Rubbish}
	}
	body.Reader = &ending{r: strings.NewReader("data: " + string(part) + "\n\ndata: [DONE]\n\n"), done: done}
	resp.Body = body
	return nil
}

// isError reports whether an answer with a good status is an error all the same.
func isError(raw []byte) bool {
	var e struct {
		Error json.RawMessage `json:"error"`
	}
	return json.Unmarshal(raw, &e) == nil && len(e.Error) > 0 && string(e.Error) != "null"
}

// doneKey finds the flag that a stream ended with its end mark: the OpenAI client does
// not tell that from a broken connection, and not every endpoint says why it finished.
type doneKey struct{}

// ending notes the end mark as it passes.
type ending struct {
	r    io.Reader
	done *atomic.Bool
	tail []byte
}

func (e *ending) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if e.done != nil && n > 0 {
		e.tail = append(e.tail, p[:n]...)
		e.tail = e.tail[max(0, len(e.tail)-64):]
		if line := bytes.TrimSpace(e.tail); bytes.HasSuffix(line, []byte("data: [DONE]")) || bytes.HasSuffix(line, []byte("data:[DONE]")) {
			e.done.Store(true)
		}
	}
	return n, err
}

func firstByte(r *bufio.Reader) (byte, error) {
	for {
		c, err := r.ReadByte()
		if errors.Is(err, io.EOF) {
			return 0, &Error{Code: Empty}
		}
		if err != nil {
			return 0, err
		}
		if c > ' ' && c != 0xEF && c != 0xBB && c != 0xBF { // a byte order mark
			return c, r.UnreadByte()
		}
	}
}
