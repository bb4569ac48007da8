package jobs

import (
	"context"
	"encoding/json"
)

// PictureName is the job that draws and sends a picture; whoever wants one plans a run
// of it in the turn that says so.
const PictureName = "picture"

// PictureArgs say who wants which picture of what.
type PictureArgs struct {
	To   string `json:"to"`
	What string `json:"what"`
	ID   int64  `json:"id"`
}

// Picture draws, uploads and sends one picture a run: an upload is no part of a turn.
// A picture is a comfort: after its attempts it is given up, and nothing waits for it.
func Picture(send func(ctx context.Context, a PictureArgs, run int64) error) Job {
	return Job{
		Name: PictureName, Queue: Notice,
		Do: func(ctx context.Context, run Run) error {
			var a PictureArgs
			if err := json.Unmarshal(run.Args, &a); err != nil {
				return Never("no picture")
			}
			return send(ctx, a, run.ID)
		},
	}
}
