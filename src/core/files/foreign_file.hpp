#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace digon {

/// What a file is that holds no tensors in a form that is read, and what to do about it: "a Git LFS pointer,
/// not the file itself; 'git lfs pull' fetches it". Nothing where its beginning is not known.
std::optional<std::string> describe_foreign(std::string_view bytes, const std::string& path);

/// The same of a PyTorch checkpoint.
std::string describe_pytorch(const std::string& path);

}  // namespace digon
