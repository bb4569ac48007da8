package handlers

import (
	"testing"
	"time"
)

// newOffice is the bureau with a handbook to ask.
func newOffice(t *testing.T) *bureau {
	t.Helper()
	b := newBureau(t)
	b.withHandbook()
	return b
}

func TestACadreFillsInThreePointsInFourTurnsEach(t *testing.T) {
	b := newOffice(t)
	p := b.phone("wang")
	p.Send("自查").Expect("个人岗位风险点自查")
	p.Press("开始").Expect("请核对岗位")
	p.Send("对").Expect("招标文件编制")
	// Point 1, in four turns: step, sentence, card, measures.
	p.Send("好").Expect("假设换个人坐这个岗位")
	p.Send("可能把业绩门槛抬到与工程规模不相称，让少数企业才能报名").Expect("第1条")
	p.Send("1").Expect("这条怎么防")
	p.Send("1、３").Expect("记下2条措施").Expect("第1条存好了。接着看【评标组织】？")
	// A question in the middle is answered, then the pending question comes again.
	p.Send("什么是三重一大").Expect("大额度资金").Expect("评标组织")
	p.Send("好")
	p.Send("举例").Expect("·")
	p.Send("评标前可能把评委名单透露给投标人，换取好处").Expect("第2条")
	p.Send("对")
	p.Send("付款前把评委抽取记录密封，双人保管").Expect("到年底，拿什么能看出")
	p.Send("密封单照片").Expect("记下1条措施").Expect("第2条存好了")
	p.Send("没有了").Expect("共2条").Expect("可以提交了")
	p.Send("改第二条").Expect("改第2条")
	p.Send("改表现")
	p.Send("评标当天可能私下联系评委，暗示给指定单位打高分").Expect("第2条")
	p.Send("对").Expect("第2条改好了").Expect("可以提交了")
	p.Send("改第2条")
	p.Send("改措施")
	p.Send("选1 频次改每月").Expect("每月").Expect("第2条改好了").Expect("可以提交了")
	p.Send("提交").Expect("已提交")
	p.Send("撤回").Expect("已撤回").Expect("可以提交了")
	p.Send("提交吧").Expect("已提交")
	b.Advance(11 * time.Minute)
	p.Send("撤回").Expect("不能撤回")
	p.Send("进度").Expect("股室互查中")
	t.Log("\n" + b.Transcript())
}

func TestAPointIsSaidByPeopleWhoDoNotFollowTheScript(t *testing.T) {
	b := newOffice(t)
	p := b.phone("wang")
	p.Send("你好").Expect("王舟您好")
	p.Send("自查")
	p.Send("开始吧")
	p.Send("不对").Expect("请李衡核对您的岗位").Expect("招标文件编制")
	b.phone("li").Expect("王舟说岗位登记得不对")
	p.Send("嗯嗯随便").Expect("请回复选项前的数字")
	p.Send("换一步").Expect("您想说哪一步")
	p.Send("２").Expect("评标组织")
	p.Send("短").Expect("再多说几个字")
	p.Send("个别同志理想信念不够坚定，存在一定廉政风险。措施：加强学习。").Expect("第1条")
	p.Send("返回").Expect("第1条现在写的是")
	p.Send("评标时可能暗示评委给熟悉的单位打高分").Expect("第1条")
	p.Send("对初评有意见").Expect("一句话")
	p.Send("每次都有纪检在场监督").Expect("意见记下了")
	b.Advance(48 * time.Hour)
	p.Send("退出").Expect("填的都存着")
	p.Send("继续").Expect("可以提交了")
	p.Send("还有").Expect("招标文件编制")
	t.Log("\n" + b.Transcript())
}

func TestNobodyIsAskedToTypeWhatMustNotBeTyped(t *testing.T) {
	b := newOffice(t)
	p := b.phone("chen")
	p.Send("自查")
	p.Send("开始")
	p.Send("对")
	p.Send("我没有风险点").Expect("为什么没有")
	p.Send("没有").Expect("再具体一点")
	p.Send("可能替熟人递话，让验收放松一点").Expect("像是一条风险点").ExpectNo("记下了：无风险点说明")
	p.Send("只做文件收发登记，不经手钱物，也不审批").Expect("无风险点说明").Expect("可以提交了")
	p.Send("提交").Expect("已提交")
	p.Send("再来一条").Expect("")
	p.Send("自查").Expect("不用再填了")
}
