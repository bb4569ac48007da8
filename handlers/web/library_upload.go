package web

import (
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"path"
	"strings"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
	"qingfeng/knowledge"
	"qingfeng/knowledge/ingest"
)

// Limits of one upload; more is for `qingfeng ingest`.
const (
	filesMost  = 50
	filesMax   = 220 << 20 // bytes of all files together; one file's limit is the Intake's
	uploadTime = 15 * time.Minute
	uploadPath = "/library/upload"
)

// uploadRow is one file of the report.
type uploadRow struct {
	N, Total int
	Name     string
	Taken
	Tone string
	Note string
}

// uploadEnd is what stands under the report.
type uploadEnd struct {
	Say     string // why it stopped early
	Counts  []boardCount
	Waiting bool
}

// libraryUpload reads files into the knowledge base and reports each as it is done: the
// page grows, for a reader may be waiting for fifty of them.
func (s *site) libraryUpload(ctx context.Context, v *visit) error {
	o, files, form, err := s.readUpload(ctx, v)
	if say := bot.Says(err); say != "" {
		return s.showLibrary(ctx, v, http.StatusUnprocessableEntity, libraryPage{Form: form, Error: say})
	}
	if err != nil {
		return err
	}
	out, err := s.begin(v, "libraryupload", text.WebUploading, len(files))
	if err != nil {
		return err
	}
	end := uploadEnd{}
	counts := map[string]int{}
	for i, head := range files {
		t, err := s.take(ctx, v, head, o)
		if err != nil {
			s.Log.Error("upload stopped", "code", opOf(err))
			end.Say = text.LibraryNotRead
			if ctx.Err() != nil {
				end.Say = text.LibraryStopped
			}
			break
		}
		row := uploadRow{N: i + 1, Total: len(files), Name: fileName(head), Taken: t, Tone: uploadTone(t.State)}
		if (t.State == ingest.Saved || t.State == ingest.Replaced) && s.waits(ctx, t.Version) {
			row.Note, row.Tone = text.LibraryWider, "todo"
			end.Waiting = true
		}
		end.Waiting = end.Waiting || t.State == ingest.Review
		if counts[t.Label]++; counts[t.Label] == 1 {
			end.Counts = append(end.Counts, boardCount{Label: t.Label})
		}
		if err := out.write("row", row); err != nil {
			return nil // the reader left; what was read is kept
		}
	}
	for i := range end.Counts {
		end.Counts[i].N = counts[end.Counts[i].Label]
	}
	_ = out.write("end", end)
	_ = out.end()
	return nil
}

// readUpload reads the form and its files.
func (s *site) readUpload(ctx context.Context, v *visit) (o ingest.Options, files []*multipart.FileHeader, form documentForm, err error) {
	if form, err = s.readForm(ctx, v); err != nil {
		return o, nil, form, err
	}
	if v.r.MultipartForm != nil {
		for _, head := range v.r.MultipartForm.File["file"] {
			if head.Filename != "" { // an empty field is sent as a file without a name
				files = append(files, head)
			}
		}
	}
	switch {
	case len(files) == 0:
		return o, nil, form, bot.Refuse(text.LibraryNoFile, "web: no file")
	case len(files) > filesMost:
		return o, nil, form, bot.Refuse(fmt.Sprintf(text.LibraryManyFiles, filesMost, len(files)), "web: many files")
	case len(files) > 1 && form.Title+form.Number+form.Label != "":
		return o, nil, form, bot.Refuse(fmt.Sprintf(text.LibraryOneOnly, len(files)), "web: one title for many files")
	}
	return ingest.Options{
		Library: form.library(), Audiences: form.audiences, Title: form.Title, Issuer: form.Issuer, Number: form.Number, Label: form.Label,
		Authority: knowledge.Authority(form.Authority), Effective: civilDate(form.Effective), Repealed: civilDate(form.Repealed),
	}, files, form, nil
}

// take reads one file and leaves its audit event: with the document, or of the refusal.
func (s *site) take(ctx context.Context, v *visit, head *multipart.FileHeader, o ingest.Options) (Taken, error) {
	f, err := head.Open()
	if err != nil {
		return Taken{}, fmt.Errorf("web: an uploaded file: %w", err)
	}
	defer f.Close()
	t, err := s.Knowledge.Intake.Take(ctx, Incoming{
		Name: fileName(head), File: f, Size: head.Size, Options: o,
		Saved: func(ctx context.Context, saved knowledge.Saved) error {
			return s.noteLibrary(ctx, v, "library.upload", "version", saved.Version, strings.Join(o.Audiences, " "))
		},
	})
	if err != nil || t.State != ingest.Refused {
		return t, err
	}
	return t, s.Register.Record(ctx, risk.Event{
		Actor: v.actor.Person, Role: keeperRole(v.actor), Action: "library.upload", Object: "version", Result: "refused", Note: t.Code,
	})
}

// waits reports whether a version waits for review though nothing in the file asked for
// it: the document it belongs to has more readers than were named now.
func (s *site) waits(ctx context.Context, version int64) bool {
	_, x, _, err := s.Knowledge.Library.Version(ctx, version)
	return err == nil && x.Review
}

// fileName is a file's name without the folders that some browsers send.
func fileName(head *multipart.FileHeader) string {
	name := path.Base(strings.ReplaceAll(head.Filename, `\`, "/"))
	return text.Clip(oneLine(strings.ToValidUTF8(name, "")), longestField)
}

func uploadTone(state ingest.State) string {
	switch state {
	case ingest.Saved, ingest.Replaced:
		return "done"
	case ingest.Review:
		return "todo"
	case ingest.Refused:
		return "back"
	default:
		return "plain"
	}
}
