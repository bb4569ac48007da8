package text

import "strings"

// What people say: every phrasing of a command, separated by bars.
const (
	WordsHelp      = "帮助|帮忙|help|?|怎么用|菜单|你能做什么|使用说明"
	WordsStart     = "开始|开始填|开始吧"
	WordsContinue  = "自查|开始自查|填表|我要填表|我要自查|岗位自查|风险点自查|个人自查|开始填表|继续|接着填|继续填|接着来|继续自查|接着上次填"
	WordsBack      = "返回|上一步|后退|退回上一步|回上一步"
	WordsTakeBack  = "撤回|撤销|收回|我要撤回"
	WordsPreview   = "预览|看看|看一下|看全表|全部看看"
	WordsSave      = "存草稿|保存|先存着|暂存|存一下"
	WordsProgress  = "进度|到哪了|到哪一步了|审到哪了|我的进度|状态"
	WordsQuit      = "退出|不填了|先不填|结束|稍后|稍后再填|改天再填"
	WordsPage      = "转页面|网页填|打开页面|在网页上填|页面|我的自查"
	WordsPeople    = "找人|人工|转人工|联系人|联系防控办|找防控办"
	WordsTextMode  = "文字版|看不到卡片|换文字版|文字模式"
	WordsCardMode  = "卡片版|换卡片版|卡片模式"
	WordsSubmit    = "提交|交表|我要提交|提交吧"
	WordsUpload    = "上传|传旧表|上传去年的表|有去年的表"
	WordsHello     = "你好|您好|在吗|早上好|下午好|hi|hello|在不在"
	WordsThanks    = "谢谢|谢谢你|谢谢您|多谢|好的|好|嗯|收到|知道了|ok"
	WordsExample   = "举例|举个例子|例子|没头绪|不知道怎么写|不会写|参考一下|给个例子|看看例子|不知道|想不出来|想不到"
	WordsNone      = "没有|没有了|没了|无|就这些|就这样|没别的了|没有别的|不用了|不补充|暂时没有|没有其他"
	WordsYes       = "对|是|好|好的|可以|行|嗯|没错|是的|对的|没问题|ok|要得|中|确认"
	WordsNo        = "不对|不是|不|错了|有误|不准|不正确"
	WordsOther     = "换一步|换一个|换|别的|其他|下一个|跳过|换一下"
	WordsZero      = "没有风险|没有风险点|无风险|无风险点|我没有风险点|我这岗位没有风险|零报告"
	WordsAllKept   = "全部沿用|都沿用|都要|全要|全部要|没变化|都没变"
	WordsObject    = "对初评有意见|有意见|等级不对|定高了|定低了|等级高了|等级低了|不同意"
	WordsCampaign  = "新建排查工作|新建自查|开始排查工作|新建排查|发起自查|开展排查"
	WordsMisuse    = "改用途|可能用来|用途不对"
	WordsSame      = "没变|沿用|没有变化|没有|一样|不变"
	WordsChange    = "改|改一改|有变化|变了|要改"
	WordsDrop      = "不要|删掉|不适用|不适用了|没这事了"
	WordsMoreRow   = "再来一条|还有|再写一条|还有一条|加一条|继续写"
	WordsSlots     = "频次|责任人|佐证|未落实|并把|把"
	ListSeparators = "、，,；; "
	WordsOldKeep   = "沿用|保留|留着|留|要|不变|不改"
	WordsOldEdit   = "改一改|改一下|修改|要改|改"
	WordsOldDrop   = "不要|删掉|删除|删|不适用|去掉|不用"
	WordsTheRest   = "其他|其余|其它|剩下|剩下的|别的"
	WordsEditLead  = "改一下|改一改|修改一下|修改|改"
	WordsEditTail  = "改一下|改一改|要改|修改|重写|改"
	EditBare       = "改"
	ParticlesAfter = "吧|了|呗|啊|呀|哦|哈|嘛|一下|。|!|,|~"
)

// Words lists the phrasings of a command, for a card's options.
func Words(phrases string) []string { return strings.Split(phrases, "|") }

// Says reports whether a folded text is one of the phrases, a closing particle or
// full stop aside.
func Says(phrases, said string) bool {
	said = strings.ToLower(strings.TrimSpace(said))
	for {
		for p := range strings.SplitSeq(phrases, "|") {
			if said == p {
				return true
			}
		}
		shorter := said
		for p := range strings.SplitSeq(ParticlesAfter, "|") {
			shorter = strings.TrimSuffix(shorter, p)
		}
		if shorter == said || shorter == "" {
			return false
		}
		said = shorter
	}
}
